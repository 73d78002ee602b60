from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0017_leaner_statements_on_sqlite")]

    operations = [
        migrations.AddField(model_name="job", name="checkpoint", field=models.JSONField(default=dict)),
    ]
