# A cache for media in front of Segue, as deploy/nginx/media.conf is: Varnish 6.5 or newer.
#
#   varnishd -f media.vcl -a :6081 -s malloc,8g          and playback.public_url: its address
#
# Every request goes to the API twice at most: first as a question whether its address is good
# (never cached), then, when it was, on to what is cached under the object's name, without the token.
vcl 4.1;

backend segue {
    .host = "127.0.0.1";    # CHANGE: api.host
    .port = "8080";         # CHANGE: api.port
    .connect_timeout = 1s;
    .first_byte_timeout = 10s;
}

sub vcl_recv {
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405));
    }
    if (req.restarts == 0) {
        unset req.http.X-Media-Url;
    }
    if (req.url !~ "^/media/[A-Za-z0-9_-]{67}/audio/[0-9a-f-]{36}/[A-Za-z0-9._/-]+$") {
        return (synth(404));
    }
    if (req.url ~ "/p/key$") {
        return (pass);
    }
    if (req.restarts == 0) {
        set req.http.X-Media-Url = req.url;
        set req.url = regsub(req.url, "^/media/([^/]+)/(.*)$", "/media-check?token=\1&object=\2");
        return (pass);
    }
    return (hash);
}

sub vcl_hash {
    hash_data(regsub(req.url, "^/media/[^/]+/", ""));
    return (lookup);
}

sub vcl_backend_response {
    if (bereq.url ~ "^/media/" && bereq.url !~ "/p/key$" && beresp.status == 200) {
        set beresp.ttl = 7d;            # recordings never change
        set beresp.grace = 1d;
        set beresp.http.Cache-Control = "private, max-age=600, immutable";
        unset beresp.http.X-Request-Id; # of whoever asked first
        unset beresp.http.traceparent;
    } else {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
    }
    return (deliver);
}

sub vcl_deliver {
    if (req.restarts == 0 && req.http.X-Media-Url && resp.status == 204) {
        set req.url = req.http.X-Media-Url;
        return (restart);
    }
    if (obj.hits > 0) {
        set resp.http.X-Cache-Status = "HIT";
    } else {
        set resp.http.X-Cache-Status = "MISS";
    }
    unset resp.http.X-Varnish;
    unset resp.http.Via;
}
