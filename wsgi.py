"""The WSGI entry point: `gunicorn wsgi:app`."""

from dataroom.app import create_app
from dataroom.config import Config

app = create_app(Config.from_env())
