"""OpenStack Swift with its S3 interface in one process, for tests: s3_swift.py FOLDER PORT ID SECRET.

Account, container, object and proxy server on green threads, one copy of everything, all below
FOLDER. Signatures are checked by s3api and tempauth. From Debian's python3-swift; nothing of it
is installed as a service.
"""
import os
import sys
import types

try:  # erasure coding is not used here, and its library is no dependency of the package
    import pyeclib.ec_iface  # noqa: F401
except ImportError:
    ec = types.ModuleType("pyeclib.ec_iface")
    ec.ECDriver = ec.ECDriverError = Exception
    ec.VALID_EC_TYPES = []
    sys.modules["pyeclib"] = types.ModuleType("pyeclib")
    sys.modules["pyeclib.ec_iface"] = ec

import eventlet
from eventlet import wsgi

eventlet.monkey_patch()
folder, port, key_id, secret = sys.argv[1:5]
os.makedirs(folder + "/node/d1", exist_ok=True)
os.makedirs(folder + "/etc", exist_ok=True)
with open(folder + "/etc/swift.conf", "w") as f:
    f.write("[swift-hash]\nswift_hash_path_suffix = test\n"
            "[storage-policy:0]\nname = one\ndefault = yes\n")

from swift.common import utils  # noqa: E402

utils.set_swift_dir(folder + "/etc")
utils.validate_hash_conf()

from swift.common import storage_policy  # noqa: E402

storage_policy.reload_storage_policies()

from swift.account.server import AccountController  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402

PROXY = """
[DEFAULT]
swift_dir = {etc}
log_level = ERROR
user = root
[pipeline:main]
pipeline = catch_errors healthcheck s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
node_timeout = 30
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
check_bucket_owner = false
auth_pipeline_check = false
min_segment_size = 5242880
max_upload_part_num = 10000
max_bucket_listing = 100
storage_domain = localhost
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
rate_limit_after_segment = 10000
[filter:dlo]
use = egg:swift#dlo
"""


class Cache:
    """What Swift asks of memcached, in this process: nothing expires before the test does."""

    def __init__(self):
        self.values = {}

    def get(self, key, raise_on_error=False):
        return self.values.get(key)

    def set(self, key, value, **how):
        self.values[key] = value

    def delete(self, key, server_key=None):
        self.values.pop(key, None)

    def incr(self, key, delta=1, time=0):
        self.values[key] = max(0, int(self.values.get(key, 0)) + delta)
        return self.values[key]

    def decr(self, key, delta=1, time=0):
        return self.incr(key, -delta)


def with_cache(app):
    cache = Cache()

    def call(env, start_response):
        env["swift.cache"] = cache
        return app(env, start_response)
    return call


def serve(sock, app):
    wsgi.server(sock, app, open(os.devnull, "w"), custom_pool=eventlet.GreenPool(500), debug=False)


def main():
    conf = {"devices": folder + "/node", "mount_check": "false", "swift_dir": folder + "/etc",
            "fallocate_reserve": "0", "disable_fallocate": "true", "log_level": "ERROR",
            "bind_ip": "127.0.0.1"}
    for name, make in (("account", AccountController), ("container", ContainerController),
                       ("object", ObjectController)):
        sock = eventlet.listen(("127.0.0.1", 0))
        at = sock.getsockname()[1]
        builder = RingBuilder(1, 1, 0)
        builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": at, "device": "d1",
                         "weight": 1})
        builder.rebalance()
        builder.get_ring().save("%s/etc/%s.ring.gz" % (folder, name))
        eventlet.spawn(serve, sock, make(dict(conf, bind_port=str(at))))
    with open(folder + "/etc/proxy-server.conf", "w") as f:
        f.write(PROXY.format(etc=folder + "/etc", user=key_id.replace(":", "_"), secret=secret))
    app = loadapp(folder + "/etc/proxy-server.conf")
    serve(eventlet.listen(("127.0.0.1", int(port))), with_cache(app))


main()
