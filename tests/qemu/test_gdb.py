#!/usr/bin/env python3
"""tests/qemu/test_gdb.py -- the commands of tools/gdb/gnumach.py on a kernel.

usage: tests/qemu/test_gdb.py [--build DIR] [--cpus N] [--verbose]

Boots the samples up to the exception of the one that crashes, with one gdb in
batch mode at QEMU's stub, runs each command there and looks for what it has
to say.  Exit status 0: all of it was seen; 77: there is no gdb with Python.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import qemu

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = os.path.join(HERE, '../../tools/gdb/gnumach.py')
STOP = 'trap_hook_exception'
SECONDS = 120
SKIP = 77

# Commands, each with what must be seen in its output.
CHECKS = (
    ('mach-threads', (r'^ +id state +cpu',
                      r'^ +0 \w+ +0 .* idle',
                      r'^ +\d+ waiting .* reaper$',
                      r'^ +\d+ waiting .* startup$',
                      r'^ +\d+ running +\d+ +\d+ +3 .* crash$')),
    ('mach-bt startup', (r'^thread \d+ \(startup\), waiting$',
                         r'^#0 .* (machine|sched)_switch',
                         r'waitq_wait\S* \+ \d+ \(\S*kern/waitq\.c:\d+\)',
                         r'bootstrap_wait',
                         r'startup_thread \+ \d+ \(\S*kern/startup\.c:\d+\)')),
    ('mach-bt crash', (r'^thread \d+ \(crash\), running on CPU \d+$',
                       r'^#0 .* trap_hook_exception',
                       r'^#1 .* \((x86/trap\.c|\w+/entry\.S):\d+\)$')),
    ('mach-cpus', (r'^CPU 0: .*\d+ switches, \d+ ticks',
                   r'^CPU \d+: crash; ')),
    ('mach-pages', (r'^zone +frames +free +blocks by order$',
                    r'^\S+ +\d+ +\d+  (\d+ ){10}\d+$',
                    r'^on the stacks of CPUs: \d+; in use: .*slab \d+')),
    ('mach-pages &kernel_pmap', (r'is not in RAM$',)),
    ('mach-pages kernel_pmap.root_phys', (r'^frame 0x[0-9a-f]+ .* reserved',)),
    ('mach-pages (long)cpus[0].md.current_thread-(long)kernel_pmap.root'
     '+kernel_pmap.root_phys',
     (r' slab, order \d', r'cache = 0x\w+ <thread_cache>')),
    ('mach-map crash', (r'^task 3 \(crash\): \d+ entries, \d+ KiB$',
                        r'^0{9}(04|80)\d{5} \w{16} r-x/rwx object \S+ \+ '
                        r'\S+, \d+ pages$',
                        r' rw.?/rwx ')),
    ('mach-map nobody', (r'^no task nobody$',)),
    ('mach-caches', (r'^cache +size +used +objects +slabs',
                     r'^thread +\d+ +[1-9]\d* ',
                     r'^task +\d+ +[1-9]\d* +\d+ +1 +1$')),
    ('mach-trace 5', (r'^\d+ events, the last \d+:$',)),
    ('mach-bt', (r'^usage: mach-bt ',)),
)


def gdb_has_python():
    if shutil.which('gdb') is None:
        return False
    words = ['gdb', '-nx', '-batch', '-ex', 'python print(6*7)']
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    return '42' in result.stdout


def run_gdb(build, socket):
    """The output of each command, in order, and all of it."""
    words = ['gdb', '-nx', '-batch', '-ex', 'set pagination off',
             '-ex', 'set width 0', '-x', COMMANDS,
             '-ex', f'target remote {socket}', '-ex', f'break {STOP}',
             '-ex', 'continue']
    for command, _ in CHECKS:
        words += ['-ex', 'echo \\n@@@@\\n', '-ex', command]
    words += [os.path.join(build, 'gnumach')]
    result = subprocess.run(words, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True,
                            timeout=SECONDS, check=False)
    return result.stdout.split('\n@@@@\n')[1:], result.stdout


def boot(build, cpus, socket, log):
    modules = qemu.samples(build)
    extra = ['-S', '-gdb', f'unix:{socket},server=on,wait=off']
    words = qemu.command(build, modules, 'console=com0 debug-exit', cpus=cpus,
                         extra=extra, serial=f'file:{log}')
    process = subprocess.Popen(words)
    end = time.monotonic() + SECONDS
    while not os.path.exists(socket):
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit('QEMU did not make its socket for gdb')
        time.sleep(0.05)
    return process


def judge(outputs):
    """Sentences about what is missing."""
    wrong = []
    for (command, patterns), output in zip(CHECKS, outputs):
        wrong += [f'{command}: not seen: {pattern}' for pattern in patterns
                  if not re.search(pattern, output, re.M)]
        if 'Python Exception' in output or 'Traceback' in output:
            wrong.append(f'{command}: an error in Python')
    if len(outputs) != len(CHECKS):
        wrong.append(f'{len(outputs)} of {len(CHECKS)} commands were run')
    return wrong


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split('\n\n')[1])
    parser.add_argument('--build', default='build/x86_64-debug')
    parser.add_argument('--cpus', type=int, default=1)
    parser.add_argument('--verbose', action='store_true')
    args = parser.parse_args()
    if not gdb_has_python():
        print('SKIP: no gdb with Python')
        return SKIP

    with tempfile.TemporaryDirectory() as folder:
        socket = os.path.join(folder, 'gdb')
        process = boot(args.build, args.cpus, socket,
                       os.path.join(folder, 'log'))
        try:
            outputs, everything = run_gdb(args.build, socket)
        except subprocess.TimeoutExpired:
            outputs, everything = [], f'gdb: no end after {SECONDS} s'
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    wrong = judge(outputs)
    if wrong or args.verbose:
        print(everything)
    for line in wrong:
        print(line)
    print(f'{len(CHECKS)} commands, {len(wrong)} faults')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
