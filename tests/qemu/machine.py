"""tests/qemu/machine.py -- a kernel under QEMU that a test works on as it runs.

The test sees the serial line, or the VGA text screen in QEMU's memory, and
speaks to QEMU by QMP on a socket: keys, not maskable interrupts.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import re
import socket
import subprocess
import time

import qemu

SECONDS = 60            # for any one thing to be seen
VGA_MEMORY = 0xb8000
VGA_COLUMNS, VGA_ROWS = 80, 25

# Characters that a key has another name for: the key, and whether with shift.
KEYS = {'\n': 'ret', ' ': 'spc', '-': 'minus', '=': 'equal', '/': 'slash',
        '.': 'dot', ',': 'comma', ';': 'semicolon', '\b': 'backspace',
        '?': 'shift-slash', '*': 'shift-8', '_': 'shift-minus'}


def key_of(char):
    """QEMU's name of what to press for a character."""
    if char in KEYS:
        return KEYS[char]
    return 'shift-' + char.lower() if char.isupper() else char


class Failed(Exception):
    """What was wanted was not seen."""


class Gone(Failed):
    """QEMU has ended."""


class Machine:
    """One boot.  To be used in a `with'."""

    def __init__(self, build, folder, cmdline, cpus=1, modules=(), extra=()):
        self.serial_path = os.path.join(folder, 'serial')
        self.errors_path = os.path.join(folder, 'errors')
        self.socket_path = os.path.join(folder, 'qmp')
        for path in (self.serial_path, self.socket_path):
            if os.path.exists(path):
                os.unlink(path)
        words = qemu.command(build, modules, cmdline, cpus=cpus,
                             serial='file:' + self.serial_path,
                             extra=['-qmp', f'unix:{self.socket_path},'
                                    'server=on,wait=off', *extra])
        self.errors = open(self.errors_path, 'wb')
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                        stdout=self.errors,
                                        stderr=subprocess.STDOUT)
        self.stream = None

    def __enter__(self):
        try:
            self.connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.stream:
            try:
                self.stream.close()
            except OSError:
                pass            # it has ended in the middle of a call
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()

    def connect(self):
        """Begin to speak QMP."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        end = time.monotonic() + SECONDS
        while True:
            try:
                connection.connect(self.socket_path)
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise Failed('QEMU does not listen: '
                                 + self.read(self.errors_path)) from None
                time.sleep(0.05)
        self.stream = connection.makefile('rw', encoding='utf-8')
        connection.close()      # the stream has it
        self.stream.readline()
        self.execute('qmp_capabilities')

    def execute(self, command, **arguments):
        """A QMP command; its result.  Events in between are dropped."""
        call = json.dumps({'execute': command, 'arguments': arguments})
        try:
            self.stream.write(call + '\n')
            self.stream.flush()
            for line in self.stream:
                reply = json.loads(line)
                if 'error' in reply:
                    raise Failed(f"{command}: {reply['error']['desc']}")
                if 'return' in reply:
                    return reply['return']
        except (OSError, ValueError) as error:
            raise Gone(f'{command}: {error}') from error
        raise Gone(f'{command}: no answer')

    def monitor(self, line):
        """A command of QEMU's monitor for people; what it prints."""
        return self.execute('human-monitor-command', **{'command-line': line})

    def type(self, text):
        """Press keys."""
        for char in text:
            self.monitor('sendkey ' + key_of(char) + ' 20')
            time.sleep(0.05)

    @staticmethod
    def read(path):
        """A file's text; empty if there is none."""
        try:
            with open(path, 'rb') as file:
                return file.read().decode('utf-8', 'replace') \
                    .replace('\r', '')
        except FileNotFoundError:
            return ''

    def serial(self):
        """What the serial line has said."""
        return self.read(self.serial_path)

    def screen(self):
        """The lines of the text screen."""
        size = VGA_COLUMNS * VGA_ROWS * 2
        dump = self.monitor(f'xp /{size}xb {VGA_MEMORY:#x}')
        data = bytes(int(word, 16) for line in dump.splitlines()
                     for word in line.split(':', 1)[1].split())
        text = data[::2].decode('cp437').replace('\0', ' ')
        return '\n'.join(text[i:i + VGA_COLUMNS].rstrip() for i in
                         range(0, VGA_COLUMNS * VGA_ROWS, VGA_COLUMNS))

    def wait_for(self, look, pattern):
        """Wait until what look() returns holds a pattern; the match."""
        end = time.monotonic() + SECONDS
        while True:
            gone = self.process.poll() is not None
            text = look()
            match = re.search(pattern, text, re.M | re.S)
            if match:
                return match
            if gone or time.monotonic() > end:
                raise Failed(f'not seen: {pattern}\n{text}')
            time.sleep(0.05)

    def wait_end(self):
        """The kernel's exit code."""
        try:
            return qemu.exit_code(self.process.wait(SECONDS))
        except subprocess.TimeoutExpired:
            raise Failed('the kernel does not leave') from None
