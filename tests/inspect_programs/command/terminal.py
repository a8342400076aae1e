"""Types at a terminal: terminal.py TYPED PROGRAM ARGUMENT... For each line of TYPED, waits until the program hides
what is typed. Prints what the terminal has shown, the exit status, and whether it shows what is typed afterwards."""

import json
import os
import pty
import signal
import sys
import termios
import time

typed, *command = sys.argv[1:]
# A program that does not hide what is typed is waited for in vain.
signal.alarm(60)
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)


def is_shown():
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


shown = b""
secrets = typed.split("\n")
for number, secret in enumerate(secrets):
    while is_shown() or shown.count(b": ") <= number:
        part = os.read(terminal, 1024) if shown.count(b": ") <= number else b""
        shown += part
        time.sleep(0.001)
    os.write(terminal, secret.encode() + b"\n")
    # Until the secret has been read.
    while shown.count(b"\n") <= number:
        shown += os.read(terminal, 1024)
while True:
    try:
        part = os.read(terminal, 1024)
    except OSError:
        # The program has ended.
        break
    if not part:
        break
    shown += part
_, status = os.waitpid(child, 0)
print(json.dumps({"shown": shown.decode(), "status": os.waitstatus_to_exitcode(status), "echo": is_shown()}))
