import django.db.models.deletion
from django.db import migrations, models


def name_periods(apps, schema_editor):
    """The period of a file stood in its path only: space/period=2026-11/part-1-9.parquet."""
    lake_file = apps.get_model('web', 'LakeFile')
    for file in lake_file.objects.all():
        file.period = file.path.partition('period=')[2].partition('/')[0]
        file.save(update_fields=['period'])


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0010_record_cursors'),
    ]

    operations = [
        migrations.AddField(
            model_name='lakefile',
            name='store',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lake_files', to='web.recordstore'),
        ),
        migrations.AddField(
            model_name='lakefile',
            name='period',
            field=models.CharField(default='', max_length=40),
            preserve_default=False,
        ),
        migrations.RunPython(name_periods, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='lakefile',
            constraint=models.CheckConstraint(condition=models.Q(('rows__gte', 1), ('first_record__lte', models.F('last_record'))), name='lake_file_holds_something'),
        ),
    ]
