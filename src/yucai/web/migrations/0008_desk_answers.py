import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0007_highest_stated")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="supplements",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="supplemented_by",
                to="web.import",
            ),
        ),
        migrations.AddField(model_name="import", name="brought", field=models.JSONField(default=list)),
        migrations.AddField(
            model_name="tablefile", name="refused_path", field=models.CharField(blank=True, max_length=300)
        ),
        migrations.AddField(model_name="upload", name="names", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="upload", name="agreed", field=models.JSONField(default=list)),
        migrations.AddField(model_name="upload", name="also_named", field=models.JSONField(default=list)),
        migrations.AddField(model_name="upload", name="only_table", field=models.BooleanField(default=False)),
    ]
