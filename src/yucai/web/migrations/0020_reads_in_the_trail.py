"""Looks at people go into the audit trail: what was written down before is chained as it stands."""

from typing import Any, Final

from django.db import migrations, models
from django.utils import timezone

PURPOSES: Final = [
    ('guidance', 'guidance of the learner'), ('teaching', 'teaching'), ('self', 'own data'),
    ('quality', 'quality assurance'), ('statistics', 'statistics'), ('assessment', 'assessment of works'),
    ('upkeep', 'keeping the data right'),
]


def chain(apps: Any, schema_editor: Any) -> None:
    """Write every look of before as an event, in the order in which they happened."""
    from yucai.governance import AuditEvent, link_of
    from yucai.web.accounts.audit import head_of, key_of_trail

    entries, people = apps.get_model("web", "AuditEntry"), apps.get_model("web", "AuditPerson")
    head, key = head_of(), key_of_trail()
    position, link = head.position, head.link
    reads = apps.get_model("web", "ReadEvent").objects.order_by("at", "pk")
    for read in reads.iterator(chunk_size=5_000):
        position += 1
        event = AuditEvent(
            position=position, at=read.at, written_at=timezone.now(), act="read", account=read.account_id,
            target=read.page, purpose=read.purpose, reason="before-the-trail", refused=read.denied,
            people=() if read.person_id is None else (read.person_id,),
            detail={} if read.group_id is None else {"group": read.group_id},
        )
        link = link_of(event, after=link, key=key)
        entries.objects.create(
            position=position, at=event.at, written_at=event.written_at, act=event.act, account_id=event.account,
            space_id=None, target=event.target, purpose=event.purpose, reason=event.reason, refused=event.refused,
            detail="{}" if read.group_id is None else '{"group":%d}' % read.group_id, link=link,
        )
        if read.person_id is not None:
            people.objects.create(entry_id=position, person_id=read.person_id)


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0019_audit_trail'),
    ]

    operations = [
        migrations.RunPython(chain, migrations.RunPython.noop),
        migrations.DeleteModel(name='ReadEvent'),
        migrations.AddField(
            model_name='datasource',
            name='read_for',
            field=models.CharField(default='guidance,teaching,self,quality,statistics,assessment,upkeep', max_length=200),
        ),
        migrations.AlterField(
            model_name='statementreading',
            name='purpose',
            field=models.CharField(choices=PURPOSES, max_length=20),
        ),
    ]
