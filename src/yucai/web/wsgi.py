"""The door for the web server: record stores answer in front of the middleware, everything else goes through it."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yucai.web.settings")
pages = get_wsgi_application()

from yucai.web.records.door import log_access, with_records  # noqa: E402  (its tables need Django to be ready)
from yucai.web.records.health import with_health  # noqa: E402

log_access()
application = with_health(with_records(pages))
gc.collect()
gc.freeze()  # what is loaded now stays: large requests need not have it looked through again and again
gc.set_threshold(10_000, 20, 20)  # a page makes thousands of objects that all go with it: looked through less often
