#!/usr/bin/env python3
"""A plugin in Python: runs a command when a watcher loses too many processes in too short a time."""

import json
import subprocess
import sys
import time

DESCRIBE = {
    "type": "describe",
    "protocol": 1,
    "name": "alarm",
    "summary": "Runs a command when a watcher loses too many processes.",
    "per_watcher": True,
    "hooks": ["event", "before_start"],
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["run"],
        "properties": {
            "run": {"type": "string", "minLength": 1, "description": "Shell command; it gets WATCHER and DEATHS."},
            "deaths": {"type": "integer", "minimum": 1, "default": 3, "description": "So many processes …"},
            "within": {"type": "number", "default": 60, "description": "… in so many seconds."},
            "closed": {"type": "boolean", "default": False, "description": "Start nothing at all."},
        },
    },
}


def say(message):
    # One message a line, written at once. Whatever else is printed belongs on standard error.
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Alarm:
    def __init__(self):
        self.config = {}
        self.watchers = {}
        self.deaths = {}

    def options(self, watcher):
        """The options for one watcher; None where it has switched the plugin off."""
        return self.watchers.get(watcher, self.config)

    def on_watcher(self, message):
        if "config" in message:
            self.watchers[message["name"]] = message["config"]

    def on_watcher_removed(self, message):
        self.watchers.pop(message["name"], None)

    def on_setup(self, message):
        self.config = message["config"]
        say({"type": "tap", "tap": 1, "hook": "event"})
        say({"type": "tap", "tap": 2, "hook": "before_start"})
        say({"type": "ready"})

    def on_hook(self, message):
        args = message["args"]
        if message["hook"] == "before_start":
            options = self.options(args["watcher"])
            veto = {"veto": "the alarm is closed"} if options and options["closed"] else None
            say({"type": "answer", "call": message["call"], "value": veto})
        elif args["name"] == "reap" and args["body"]["exit_code"] != 0:
            self.died(args["watcher"])

    def died(self, watcher):
        options = self.options(watcher)
        if options is None:
            return
        now = time.monotonic()
        recent = [at for at in self.deaths.get(watcher, []) if now - at < options["within"]] + [now]
        self.deaths[watcher] = recent
        if len(recent) < options["deaths"]:
            return
        self.deaths[watcher] = []
        say({"type": "log", "level": "warn", "message": f"{len(recent)} processes of {watcher} have died"})
        env = {"WATCHER": watcher, "DEATHS": str(len(recent)), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        subprocess.Popen(["sh", "-c", options["run"]], env=env, stdin=subprocess.DEVNULL, stdout=sys.stderr)

    def on_ping(self, _message):
        say({"type": "pong"})


def main():
    alarm = Alarm()
    say(DESCRIBE)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "close":
            return
        # Messages of a type that it does not know are none of its business.
        handle = getattr(alarm, "on_" + message["type"], None)
        if handle is not None:
            handle(message)


main()
