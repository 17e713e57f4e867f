"""The WSGI entry point: `gunicorn wsgi:app`. Not for `--preload`: what draws pages belongs to one process."""

from dataroom.app import serve

app = serve()
