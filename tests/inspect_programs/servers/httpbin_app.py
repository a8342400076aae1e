"""httpbin as its package comes, on the server of Flask: httpbin_app.py CONFIG, where CONFIG is a file with the port."""

import sys

from httpbin import app

with open(sys.argv[1]) as config:
    app.run(host="127.0.0.1", port=int(config.read()), threaded=True)
