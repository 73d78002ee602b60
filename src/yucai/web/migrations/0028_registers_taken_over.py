"""What was running goes on for ninety days, provisionally, until somebody signs an assessment of its impact."""

from datetime import UTC, datetime, timedelta

from django.db import migrations

KEPT_FOR = timedelta(days=90)
SWITCHED = ("profiles", "adaptive-tests", "rater-comparison")  # the methods that had a switch when registers began
TAKEN_OVER = (
    "本方法在设立登记册之前已在使用；此为临时登记，请在期限内签署影响评估。 "
    "The method was in use before there were registers. This record is provisional: sign an assessment in time."
)


def take_over(apps, schema_editor):
    """Enter a provisional record for each method of each institution there is."""
    now = datetime.now(UTC)
    record, switch = apps.get_model("web", "ImpactRecord"), apps.get_model("web", "MethodSwitch")
    for space in apps.get_model("web", "Space").objects.all():
        for method in SWITCHED:
            parts = dict.fromkeys(("purpose", "necessity", "risks", "measures"), TAKEN_OVER)
            made = record.objects.create(space=space, method=method, at=now, provisional_until=now + KEPT_FOR, **parts)
            switch.objects.create(space=space, method=method, on=True, owner=space.name_zh, at=now, impact=made)


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0028_registers'),
    ]

    operations = [
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
