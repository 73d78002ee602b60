from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0020_reads_in_the_trail")]

    operations = [
        migrations.AddField(model_name="job", name="checkpoint", field=models.JSONField(default=dict)),
    ]
