"""tests/qemu/qemu.py -- start the kernel under QEMU: shared by boot, run, bench.

A module is given by its whole string, the file's name first, as QEMU's loader
passes it on:  `build/x86_64/tests/user/samples/args one two $(task-create)'.

The kernel leaves QEMU through the debug-exit device with a code of its own;
QEMU's exit status is then 2 * code + 1, and exit_code() turns it back.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import signal
import subprocess
import time

QEMU = {'x86_64': 'qemu-system-x86_64', 'i386': 'qemu-system-i386'}
TRIAL_SECONDS = 60
PATIENCE_MAX = 20.0
RUN_WORDS = ('$(task-create)', '$(task-resume)')
SAMPLES = ('args one two three', 'touch 64', 'crash')


def arch_of(build):
    """The architecture of a build folder, by its name: ARCH[-CONFIG]."""
    return os.path.basename(os.path.normpath(build)).split('-')[0]


def split_modules(text):
    """The module strings in MODULES: by `;', else one program a word.

    A string that says nothing of tasks gets the two functions that make the
    program a task and start it.
    """
    parts = text.split(';') if ';' in text else text.split()
    strings = []
    for part in (part.strip() for part in parts):
        if part:
            if '$(' not in part:
                part = ' '.join((part,) + RUN_WORDS)
            strings.append(part)
    return strings


def samples(build):
    """The sample programs."""
    return [' '.join((os.path.join(build, 'tests/user/samples', sample),)
                     + RUN_WORDS) for sample in SAMPLES]


def shell(build):
    """The module of a plain `make run'."""
    return [' '.join((os.path.join(build, 'utils/shell'),
                      '--host-priv-port=${host-port}',
                      '--device-master-port=${device-port}') + RUN_WORDS)]


def command(build, modules, cmdline, mem=128, cpus=1, cpu='max', extra=(),
            serial='stdio', iso=None):
    """The words of a QEMU call."""
    arch = arch_of(build)
    if shutil.which(QEMU[arch]) is None:
        raise SystemExit(f'{QEMU[arch]} is missing: see tools/setup')
    words = [QEMU[arch], '-nodefaults', '-no-user-config', '-display', 'none',
             '-accel', 'tcg', '-cpu', cpu, '-m', str(mem), '-smp', str(cpus),
             '-serial', serial, '-no-reboot',
             '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04']
    if iso:
        words += ['-cdrom', iso, '-boot', 'd']
    else:
        words += ['-kernel', os.path.join(build, 'gnumach.qemu'),
                  '-append', cmdline]
        if modules:
            # The loader splits at commas; a doubled one is a plain comma.
            words += ['-initrd', ','.join(module.replace(',', ',,')
                                          for module in modules)]
    return words + list(extra)


def can(arch, words):
    """Does the QEMU at hand start with these words?  A trial tells."""
    trial = [QEMU[arch], '-nodefaults', '-no-user-config', '-display', 'none',
             '-accel', 'tcg', '-S', '-monitor', 'stdio', *words]
    try:
        result = subprocess.run(trial, input=b'quit\n', timeout=TRIAL_SECONDS,
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def exit_code(status):
    """The kernel's own exit code, or None if it did not leave by itself."""
    return (status - 1) // 2 if status > 0 and status % 2 else None


class Result:
    """What came of one boot."""

    def __init__(self, output, status, seconds, timed_out):
        self.output = output            # text of the serial line
        self.code = None if timed_out else exit_code(status)
        self.status = status            # of the QEMU process
        self.seconds = seconds          # wall time
        self.timed_out = timed_out


def patience():
    """How many times longer things take now than on a machine of one's own."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return min(max(load, 1.0), PATIENCE_MAX)


def run(words, seconds, stdin=''):
    """Run a QEMU call to its end, or until @seconds have passed: more where
    others keep the machine busy."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    output = None
    left = seconds
    while output is None and left > 0:
        try:
            output, _ = process.communicate(stdin.encode(), timeout=left)
        except subprocess.TimeoutExpired:
            left = start + seconds * patience() - time.monotonic()
    timed_out = output is None
    if timed_out:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate()
    text = output.decode('utf-8', 'replace').replace('\r', '')
    return Result(re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', text),
                  process.returncode, time.monotonic() - start, timed_out)
