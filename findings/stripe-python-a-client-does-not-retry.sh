#!/usr/bin/env bash
# stripe-python sends a failed request again when it is called by module, and never when it is called by client.
#
# Version:  stripe 16.1.0 with requests 2.34.2.
# Expected: stripe.max_network_retries is 2, so a request that is answered with 409, 500 or 503 is sent three times
#           under one key, whether by stripe.Refund.create or by StripeClient(...).v1.refunds.create.
# Seen:     The module's functions do so. A StripeClient sends once: its max_network_retries has a default of its own,
#           0, and a value that is set on the module does not reach it. Both send 429 once. Without a key of the
#           caller, both make one up for each call, so a second call has another key: the retries within a call are
#           safe, a repeated call is not.
# Meaning:  The same worker, rewritten from one form to the other as the SDK's documentation advises, stops hiding a
#           short outage or starts sending for longer than its lease allows. Name the number in either form, and send
#           the row's own key: docs/worker-guide.md. The kit counts requests at the provider, not calls.
set -euo pipefail

not_run() {
    echo "not run: $1" >&2
    exit 77
}
python3 -m pip --version >/dev/null 2>&1 || not_run "python3 with pip is missing"

temp=$(mktemp -d)
clean_up() {
    rm -rf "$temp"
}
trap clean_up EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --target \
    "$temp/packages" stripe==16.1.0 requests==2.34.2 urllib3==2.8.0 idna==3.20 certifi==2026.10.18 \
    charset-normalizer==3.5.2 typing-extensions==4.16.0 || not_run "the packages could not be installed"

# A recorder on the loopback answers every request with one status; the program prints how often each was sent.
seen() {
    env -u PYTHONPATH -u HTTP_PROXY -u http_proxy -u ALL_PROXY -u all_proxy PYTHONPATH="$temp/packages" \
        python3 - <<'PYTHON'
import http.server
import threading

import stripe

keys = []
answer = 500


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        keys.append(self.headers["Idempotency-Key"])
        body = b'{"error": {"type": "api_error", "message": "recorded"}}'
        self.send_response(answer)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def told(title, call):
    sent = []
    calls = []
    global answer
    for answer in (409, 429, 500, 503):
        keys.clear()
        try:
            call()
        except stripe.StripeError:
            sent.append(f"{answer} {len(keys)}x")
            calls.append(set(keys))
    one_key_each = all(len(used) == 1 for used in calls) and len(set.union(*calls)) == len(calls)
    print(f"{title}: {', '.join(sent)}; one key for each call: {one_key_each}")


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
stripe.api_key = "hunter2"
stripe.api_base = base


def client(**options):
    return stripe.StripeClient("hunter2", base_addresses={"api": base}, **options)


def refund(by):
    return lambda: by.v1.refunds.create({"charge": "ch_1"})


print(f"stripe {stripe.VERSION}: max_network_retries is {stripe.max_network_retries}")
told("module", lambda: stripe.Refund.create(charge="ch_1"))
told("client", refund(client()))
told("client, told to retry twice", refund(client(max_network_retries=2)))
stripe.max_network_retries = 1
told("module, told to retry once", lambda: stripe.Refund.create(charge="ch_1"))
told("client, the module told to retry once", refund(client()))
server.shutdown()
PYTHON
}

expected="stripe 16.1.0: max_network_retries is 2
module: 409 3x, 429 1x, 500 3x, 503 3x; one key for each call: True
client: 409 1x, 429 1x, 500 1x, 503 1x; one key for each call: True
client, told to retry twice: 409 3x, 429 1x, 500 3x, 503 3x; one key for each call: True
module, told to retry once: 409 2x, 429 1x, 500 2x, 503 2x; one key for each call: True
client, the module told to retry once: 409 1x, 429 1x, 500 1x, 503 1x; one key for each call: True"

found=$(seen)
if [ "$found" != "$expected" ]; then
    printf 'expected:\n%s\nseen:\n%s\n' "$expected" "$found"
    exit 1
fi
echo "as recorded: stripe-python retries by module and not by client"
