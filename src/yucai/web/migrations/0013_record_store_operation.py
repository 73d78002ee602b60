
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('web', '0012_record_erasure'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.IntegerField()),
                ('authority', models.BigIntegerField()),
                ('statements', models.BigIntegerField()),
                ('bytes', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='RecordEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('made', 'store made'), ('changed', 'settings changed'), ('closed', 'store closed'), ('opened', 'store opened again'), ('credential', 'credential made'), ('revoked', 'credential revoked'), ('put-again', 'refused delivery put in again'), ('dismissed', 'refused delivery dismissed'), ('taken-again', 'follower put back'), ('exported', 'statements downloaded'), ('tidied', 'what was too old removed')], max_length=20)),
                ('at', models.DateTimeField()),
                ('detail_en', models.CharField(blank=True, max_length=500)),
                ('detail_zh', models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='RefusedCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('status', models.PositiveSmallIntegerField()),
                ('code', models.CharField(max_length=100)),
                ('requests', models.BigIntegerField(default=0)),
                ('statements', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='RefusedRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('times', models.PositiveIntegerField(default=1)),
                ('method', models.CharField(max_length=10)),
                ('resource', models.CharField(max_length=50)),
                ('version', models.CharField(max_length=10)),
                ('pairs', models.JSONField(default=list)),
                ('content_type', models.CharField(blank=True, max_length=255)),
                ('body', models.BinaryField(blank=True)),
                ('size_bytes', models.BigIntegerField()),
                ('digest', models.BinaryField(max_length=16)),
                ('statements', models.PositiveIntegerField(default=0)),
                ('status', models.PositiveSmallIntegerField()),
                ('code', models.CharField(max_length=100)),
                ('reason_en', models.TextField()),
                ('reason_zh', models.TextField()),
                ('state', models.CharField(choices=[('waiting', 'waits'), ('done', 'put in'), ('dismissed', 'dismissed')], default='waiting', max_length=10)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='StatementReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True)),
                ('actor', models.BigIntegerField()),
                ('page', models.CharField(max_length=50)),
                ('purpose', models.CharField(choices=[('guidance', 'guidance of the learner'), ('teaching', 'teaching'), ('self', 'own data'), ('quality', 'quality assurance'), ('statistics', 'statistics')], max_length=20)),
            ],
        ),
        migrations.AddField(
            model_name='recordcredential',
            name='last_used_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='recordstore',
            name='closed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='recordstore',
            name='closed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recordstore',
            name='keep_documents_months',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='recordstore',
            name='keep_months',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='recordstore',
            name='tidied_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='recordstore',
            constraint=models.CheckConstraint(condition=models.Q(('closed_at__isnull', False), ('closed_by__isnull', True), _connector='OR'), name='record_store_closed_whole'),
        ),
        migrations.AddField(
            model_name='recordday',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='web.recordstore'),
        ),
        migrations.AddField(
            model_name='recordevent',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recordevent',
            name='credential',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='web.recordcredential'),
        ),
        migrations.AddField(
            model_name='recordevent',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='web.recordstore'),
        ),
        migrations.AddField(
            model_name='refusedcount',
            name='credential',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused_counts', to='web.recordcredential'),
        ),
        migrations.AddField(
            model_name='refusedrequest',
            name='credential',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused', to='web.recordcredential'),
        ),
        migrations.AddField(
            model_name='refusedrequest',
            name='settled_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refusedrequest',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refused', to='web.recordstore'),
        ),
        migrations.AddField(
            model_name='statementreading',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='statementreading',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='web.recordstore'),
        ),
        migrations.AddConstraint(
            model_name='recordday',
            constraint=models.UniqueConstraint(fields=('store', 'day', 'authority'), name='record_day_counted_once'),
        ),
        migrations.AddIndex(
            model_name='recordevent',
            index=models.Index(fields=['store', '-at'], name='record_event_latest'),
        ),
        migrations.AddConstraint(
            model_name='refusedcount',
            constraint=models.UniqueConstraint(fields=('credential', 'day', 'status', 'code'), name='refused_counted_once'),
        ),
        migrations.AddIndex(
            model_name='refusedrequest',
            index=models.Index(fields=['store', '-last_at'], name='refused_latest'),
        ),
        migrations.AddConstraint(
            model_name='refusedrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('credential', 'digest'), name='refused_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='refusedrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('settled_by__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='refused_settled_when'),
        ),
    ]
