"""The door for the web server: record stores answer in front of the middleware, everything else goes through it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yucai.web.settings")
pages = get_wsgi_application()

from django.conf import settings  # noqa: E402  (ready only now, as are the tables of what follows)

from yucai.web.records.door import log_access, with_records  # noqa: E402
from yucai.web.records.health import with_health  # noqa: E402
from yucai.web.records.metrics_shared import FOLDER, keep_shared  # noqa: E402
from yucai.web.serving import keep_loaded  # noqa: E402

log_access()
if settings.PROCESSES > 1:
    keep_shared(settings.WORKSPACE.logs / FOLDER)
application = with_health(with_records(pages))
keep_loaded()
