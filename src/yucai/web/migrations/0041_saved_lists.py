"""Views of an institution's list can be saved; lists and cases that are there become a data set with a retention time."""

from django.db import migrations, models


def state_the_data_set(apps, schema_editor):
    """State the data set of talks where lists or cases are, as the next list would."""
    space, run, case, source = (
        apps.get_model('web', name) for name in ('Space', 'PriorityRun', 'SupportCase', 'DataSource')
    )
    with_talks = set(run.objects.values_list('space', flat=True)) | set(case.objects.values_list('space', flat=True))
    for one in space.objects.filter(pk__in=with_talks):
        source.objects.get_or_create(
            space=one,
            code='talks',
            defaults={
                'name_en': 'priority lists and cases of talks',
                'name_zh': '优先关注名单与谈话记录',
                'purpose': 'Guidance: who needs a talk, and what came of it / 指导：与谁谈话及其结果',
                'legal_basis': 'public' if one.simulated else 'duty',
                'owner': one.name_zh or one.name_en,
                'grade': '1' if one.simulated else '3',
                'retention_months': 24,
            },
        )


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0043_teaching_surveys'),
    ]

    operations = [
        migrations.AddField(
            model_name='savedview',
            name='space',
            field=models.SlugField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.RunPython(state_the_data_set, migrations.RunPython.noop),
    ]
