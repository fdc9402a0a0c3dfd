"""A server that says of rows which component they are of and how usual they are, with the standard library alone.

It reads a model file, which executes nothing, and answers rows in JSON; a null is a missing value:

    mixfold fit flowers.csv -k 3 --out results
    python -m examples.recipes.http_scorer results/model.safetensors 8000
    curl localhost:8000 -d '[[5.1, 3.5, 1.4, 0.2]]'
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mixfold import Mixture


def server(path: str, port: int) -> ThreadingHTTPServer:
    """Give a server of a model file at a port of this machine, 0 for any that is free."""
    mixture = Mixture.load(path)

    class Scorer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server asks for
            try:
                rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                said = {"probabilities": mixture.responsibilities(rows), "log_density": mixture.log_density(rows)}
                status, answer = 200, {name: values.tolist() for name, values in said.items()}
            except (TypeError, ValueError) as error:  # rows that the model cannot take, in its own words
                status, answer = 422, {"error": str(error)}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    return ThreadingHTTPServer(("localhost", port), Scorer)


if __name__ == "__main__":
    server(sys.argv[1], int(sys.argv[2])).serve_forever()
