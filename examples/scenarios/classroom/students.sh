#!/bin/sh
# Thirty students on one machine: a site for each, and an answering service that each wrote for themselves.
all=
trap 'kill $all' TERM INT
python3 - <<'PYTHON' &
import http.server, threading

def student(n):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"student-{n}: {42 if n % 3 else 54}\n".encode())

        def log_message(self, *_):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 18100 + n), Answer)

for n in range(1, 31):
    threading.Thread(target=student(n).serve_forever).start()
PYTHON
all=$!
for n in $(seq 1 30); do
    skx join class.txt --data-dir "student-$n" > "student-$n.log" 2>&1 &
    all="$all $!"
done
wait
