"""Who entered anything of a result is kept with it, so that none of them checks it; the trail tells of those before."""

from django.db import migrations, models

ENTERED = ("attainment.scores", "attainment.survey", "attainment.analysis")


def tell_from_the_trail(apps, schema_editor):
    """Write to each course, and to each result of it, who entered something, as far as the trail still tells."""
    entered = {}
    told = apps.get_model("web", "AuditEntry").objects.filter(act__in=ENTERED, account__isnull=False)
    for target, account in told.order_by("position").values_list("target", "account"):
        accounts = entered.setdefault(target, [])
        if account not in accounts:
            accounts.append(account)
    for run in apps.get_model("web", "AttainmentRun").objects.all():
        run.filled_in_by = entered.get(f"attainment:{run.pk}", [])
        run.save(update_fields=["filled_in_by"])
        run.versions.update(entered_by=run.filled_in_by)


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0048_value_added'),
    ]

    operations = [
        migrations.AddField(
            model_name='attainmentrun',
            name='filled_in_by',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='attainmentversion',
            name='entered_by',
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(tell_from_the_trail, migrations.RunPython.noop),
    ]
