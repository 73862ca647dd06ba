"""Answers on the managed socket whose number is the last argument, and ends when it is told to."""
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"hello from python\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        print(os.getpid(), *args[1:2])


server = HTTPServer(("", 0), Hello, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[-1]))
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("serving")
server.serve_forever()
