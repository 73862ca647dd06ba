"""control.py ENDPOINT CALLS CLIENTS: round trips of one client, then of many that ask at once; prints an object of milliseconds."""

import json
import sys
import time

import zmq
from circus.client import CircusClient

endpoint, calls, clients = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def alone():
    client = CircusClient(endpoint=endpoint, timeout=10)
    took = []
    for number in range(calls + calls // 10):
        begin = time.perf_counter()
        client.send_message("numwatchers")
        took.append((time.perf_counter() - begin) * 1000)
    client.stop()
    return took[calls // 10 :]


def crowd():
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, clients + 10)
    poller = zmq.Poller()
    sockets = []
    for number in range(clients):
        socket = context.socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(endpoint)
        poller.register(socket, zmq.POLLIN)
        sockets.append(socket)

    def ask(number):
        sockets[number].send_json({"id": str(number), "command": "numwatchers", "properties": {}})

    def answers(count):
        took = []
        while len(took) < count:
            for socket, _ in poller.poll(20000):
                socket.recv()
                took.append(time.perf_counter())
        return took

    # Every connection stands before it is measured.
    for number in range(clients):
        ask(number)
    answers(clients)
    begin = time.perf_counter()
    for number in range(clients):
        ask(number)
    took = [(at - begin) * 1000 for at in answers(clients)]
    context.destroy(linger=0)
    return took


one, many = alone(), crowd()
print(
    json.dumps(
        {
            "median_ms": quantile(one, 0.5),
            "p99_ms": quantile(one, 0.99),
            "crowd_p99_ms": quantile(many, 0.99),
            "crowd_last_ms": max(many),
        }
    )
)
