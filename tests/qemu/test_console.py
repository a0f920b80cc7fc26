#!/usr/bin/env python3
"""tests/qemu/test_console.py -- the keyboard and the screen; the NMI button.

usage: tests/qemu/test_console.py [--build DIR] [--cpus N] [--verbose]

Types into the monitor on the screen, with shift, Caps Lock and control; boots
a machine that has no keyboard controller; presses Break; and pushes the button
of a kernel that does nothing, that computes, and that prints all the time.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import re
import sys
import tempfile
import time

import qemu
from machine import Failed, Gone, Machine

PROMPT = r'^>$\s*\Z'
REPORT = (r'^break-in: CPU {cpu}, thread (\S+) \(\d+\)$.*?'
          r'^break-in: CPU {cpu} goes on$')
PAUSE = 1.5             # reports of one CPU are not closer than 2^30 cycles


def wanted(is_so, what):
    """Fail unless something is so."""
    if not is_so:
        raise Failed(what)


def keyboard(args, folder):
    """Commands of the monitor, typed."""
    with Machine(args.build, folder, 'monitor debug-exit', args.cpus,
                 extra=['-vga', 'std']) as machine:
        machine.wait_for(machine.screen, PROMPT)
        machine.type('help\n')
        machine.wait_for(machine.screen, r'^> help$.*^reboot +reset the '
                         r'machine$.*' + PROMPT)
        # Shift, Caps Lock, backspace, control-U.
        machine.type('Xx?_')
        machine.monitor('sendkey caps_lock')
        machine.type('aB1')
        machine.monitor('sendkey caps_lock')
        machine.type('z\by')
        machine.wait_for(machine.screen, r'^> Xx\?_Ab1y$')
        machine.monitor('sendkey ctrl-u')
        machine.wait_for(machine.screen, PROMPT)
        # Cursor keys and the keypad give nothing; Alt changes nothing.
        for key in ('up', 'kp_5', 'f1', 'alt-q', 'pause'):
            machine.monitor('sendkey ' + key)
        machine.type('nonsense\n')
        machine.wait_for(machine.screen, r'^> qnonsense$.*'
                         r'no command `qnonsense')
        try:
            machine.type('exit\n')
        except Gone:
            pass                # sooner than it could answer
        wanted(machine.wait_end() == 0, 'exit did not leave with 0')


def no_controller(args, folder):
    """A machine without a keyboard controller comes up as well."""
    with Machine(args.build, folder, 'monitor debug-exit', args.cpus,
                 extra=['-vga', 'std', '-machine', 'pc,i8042=off']) as machine:
        machine.wait_for(machine.screen, PROMPT)


def busy(args):
    """Modules of programs that compute without end, two for each CPU."""
    word = ' '.join(qemu.RUN_WORDS)
    return [f'{args.build}/tests/user/samples/spin {n} {word}'
            for n in range(2 * args.cpus)]


def attention(args, folder):
    """Control and Pause bring the monitor while programs run, and again."""
    with Machine(args.build, folder, 'debug-exit smp=all', args.cpus,
                 busy(args), extra=['-vga', 'std']) as machine:
        machine.wait_for(machine.screen, r'^boot: \d+ of \d+ KiB')
        machine.monitor('sendkey ctrl-pause')
        machine.wait_for(machine.screen, PROMPT)
        machine.type('tasks\n')
        machine.wait_for(machine.screen, r'^> tasks$.*spin.*' + PROMPT)
        machine.type('cpus\n')
        machine.wait_for(machine.screen, r'^CPU \d+: .*' + PROMPT)
        # Once more changes nothing; what is left can be called again.
        machine.monitor('sendkey ctrl-pause')
        machine.type('continue\n')
        machine.wait_for(machine.screen, r'^> continue$.*^monitor: left$')
        machine.monitor('sendkey ctrl-pause')
        machine.wait_for(machine.screen, r'^monitor: left$.*' + PROMPT)
        try:
            machine.type('exit\n')
        except Gone:
            pass
        wanted(machine.wait_end() == 0, 'exit did not leave with 0')


def attention_serial(args, folder):
    """A break on the serial line does so, too."""
    with Machine(args.build, folder, 'console=com0 debug-exit smp=all',
                 args.cpus, busy(args)) as machine:
        machine.wait_for(machine.serial, r'^boot: \d+ of \d+ KiB')
        machine.execute('chardev-send-break', id='serial0')
        machine.wait_for(machine.serial, r'^monitor: `help\' .*\n> \Z')


def push(machine, cpus, before):
    """Push the button; the reports of all CPUs, by CPU."""
    machine.execute('inject-nmi')
    reports = {}
    for cpu in range(cpus):
        def look():
            return machine.serial()[before:]
        reports[cpu] = machine.wait_for(look, REPORT.format(cpu=cpu))[0]
    return reports


def button_idle(args, folder):
    """A kernel that waits at the monitor's prompt, twice; it goes on."""
    with Machine(args.build, folder, 'console=com0 monitor debug-exit',
                 args.cpus) as machine:
        machine.wait_for(machine.serial, r'^> \Z')
        for _ in range(2):
            reports = push(machine, args.cpus, len(machine.serial()))
            for cpu, report in reports.items():
                for pattern in (rf'CPU {cpu}, thread idle \(', r'kernel mode$',
                                r'^[re]ip 0008:', r'^called from:$',
                                r'sched_idle\+0x'):
                    wanted(re.search(pattern, report, re.M),
                           f'not in the report: {pattern}\n{report}')
                wide = re.search(r'^.{81,}$', report, re.M)
                wanted(not wide, f'too wide: {wide and wide[0]}')
            time.sleep(PAUSE)
        wanted(machine.process.poll() is None, 'it has ended')


def button_busy(args, folder):
    """Programs that compute, and that print; nothing of theirs is lost."""
    word = ' '.join(qemu.RUN_WORDS)
    modules = [f'{args.build}/tests/user/test_fpu {n} 20000 {word}'
               for n in (1, 2)]
    modules.append(f'{args.build}/tests/user/test_traps {word}')
    modules.append(f'{args.build}/tests/user/test_vm {word}')
    with Machine(args.build, folder, 'console=com0 debug-exit smp=all',
                 args.cpus, modules) as machine:
        pushed = 0
        machine.wait_for(machine.serial, r'^ok \d+ - ')
        while machine.process.poll() is None:
            try:
                machine.execute('inject-nmi')
            except Gone:
                break
            pushed += 1
            time.sleep(0.1)
        code = machine.wait_end()
        text = machine.serial()
        wanted(code == 0, f'code {code}\n{text}')
        begun = len(re.findall(r'^break-in: CPU \d+, thread ', text, re.M))
        ended = len(re.findall(r'^break-in: CPU \d+ goes on$', text, re.M))
        wanted(begun == ended and begun > 0,
               f'{begun} reports begun, {ended} ended\n{text}')
        for name in ('fpu', 'fpu', 'traps', 'vm'):
            wanted(re.search(rf'# {name}: all \d+ passed', text),
                   f'{name} failed\n{text}')
        print(f'# {pushed} pushes, {begun} reports')


TESTS = (keyboard, no_controller, attention, attention_serial, button_idle,
         button_busy)


def main():
    parser = argparse.ArgumentParser(prog='tests/qemu/test_console.py',
                                     usage=__doc__.split('\n\n')[1])
    parser.add_argument('--build', default='build/x86_64')
    parser.add_argument('--cpus', type=int, default=1)
    parser.add_argument('--verbose', action='store_true')
    parser.add_argument('tests', nargs='*')
    args = parser.parse_args()
    failed = 0
    for test in TESTS:
        if args.tests and test.__name__ not in args.tests:
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(args, folder)
            print(f'ok - {test.__name__}', flush=True)
        except Failed as error:
            failed += 1
            print(f'not ok - {test.__name__}: {error}', flush=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
