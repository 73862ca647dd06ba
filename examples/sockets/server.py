"""A worker in Python. Told to end, it finishes the request that it is at and goes."""
import os
import signal
import socket

if os.environ.get("LISTEN_PID") != str(os.getpid()) or os.environ.get("LISTEN_FDS") != "1":
    raise SystemExit("run me with use_sockets: true")

listening = socket.socket(fileno=3)
listening.settimeout(0.1)  # several workers wait for the same connection, and one gets it
going = False


def end(_signal, _frame):
    global going
    going = True


signal.signal(signal.SIGTERM, end)
while not going:
    try:
        connection, _ = listening.accept()
    except (TimeoutError, BlockingIOError):
        continue
    with connection:
        connection.settimeout(5)
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            more = connection.recv(4096)
            if not more:
                break
            asked += more
        body = b"hello from python\n"
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
