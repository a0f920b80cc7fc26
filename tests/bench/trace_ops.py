#!/usr/bin/env python3
"""tests/bench/trace_ops.py -- step through one operation of the kernel.

usage: tests/bench/trace_ops.py BUILDDIR OPERATION...	what each function costs

An instruction count hides what is dear on a real machine.  So each operation
of the user program bench_trace is stepped through with QEMU's gdb stub, and
what the kernel executes is looked at: instructions, iterations of `rep'
instructions, locked instructions, loads of the page-table register,
single-page TLB flushes, and calls of the allocators.

The program calls trace_begin(), does its operation, and calls trace_end(),
again and again; one round is stepped, after some that warm the caches up.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import bisect
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '../qemu'))

import qemu  # noqa: E402

WARM_UP = 64
# Operation, and what another task does meanwhile.  A switch leaves one task's
# trace_begin() behind and arrives at the other's trace_end().
OPERATIONS = (('trap-invalid', None), ('trap-task-self', None),
              ('vm-allocate', None), ('vm-deallocate', None),
              ('fault-zero-fill', None), ('switch-tasks', 'switch-tasks'),
              ('rpc', None), ('rpc-allocate', None), ('rpc-region', None),
              ('rpc-thread', None), ('self-64', None), ('self-4096', None))
KINDS = ('plain', 'locked', 'rep', 'cr3-load', 'invlpg')
PREFIXES = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67}


class Stub:
    """A connection with QEMU's gdb stub."""

    # Where ip and cs are among the registers that gdb asks for, and how wide.
    REGISTERS = {'x86_64': ((128, 8), (140, 4)), 'i386': ((32, 4), (40, 4))}

    def __init__(self, path, arch):
        self.places = self.REGISTERS[arch]
        self.has_rex = arch == 'x86_64'
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit('trace: no gdb stub within 10 s')
        self.socket.settimeout(120)
        self.buffer = b''

    def ask(self, text):
        """Send a packet and return the answer's text."""
        data = text.encode()
        self.socket.sendall(b'$%s#%02x' % (data, sum(data) % 256))
        while True:
            start = self.buffer.find(b'$')
            end = self.buffer.find(b'#', start)
            if start >= 0 and 0 <= end <= len(self.buffer) - 3:
                answer = self.buffer[start + 1:end]
                self.buffer = self.buffer[end + 3:]
                self.socket.sendall(b'+')
                return answer.decode()
            more = self.socket.recv(65536)
            if not more:
                raise SystemExit('trace: QEMU went away')
            self.buffer += more

    def registers(self):
        """The instruction pointer and whether it is the kernel's."""
        image = bytes.fromhex(self.ask('g').replace('x', '0'))
        ip, cs = (int.from_bytes(image[at:at + size], 'little')
                  for at, size in self.places)
        return ip, cs & 3 == 0

    def memory(self, address, size):
        answer = self.ask(f'm{address:x},{size:x}')
        return b'' if answer.startswith('E') else bytes.fromhex(answer)

    def run_to(self, address):
        self.ask(f'Z1,{address:x},1')
        self.ask('c')
        self.ask(f'z1,{address:x},1')


def kind(code, has_rex):
    """What an instruction is, of the kinds that are counted apart."""
    at, locked, repeated = 0, False, False
    while at < len(code) and code[at] in PREFIXES | {0xf0, 0xf2, 0xf3}:
        locked |= code[at] == 0xf0
        repeated |= code[at] in (0xf2, 0xf3)
        at += 1
    if has_rex and at < len(code) and code[at] & 0xf0 == 0x40:
        at += 1
    rest = code[at:at + 3] + b'\0\0\0'
    if locked or (rest[0] in (0x86, 0x87) and rest[1] < 0xc0):
        return 'locked'
    if repeated and rest[0] in (0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xae, 0xaf):
        return 'rep'
    if rest[:2] == b'\x0f\x22' and rest[2] & 0x38 == 0x18:
        return 'cr3-load'
    if rest[:2] == b'\x0f\x01' and rest[2] & 0x38 == 0x38 and rest[2] < 0xc0:
        return 'invlpg'
    return 'plain'


def symbols(path):
    """Addresses of a program's symbols."""
    output = subprocess.run(['nm', path], check=True, capture_output=True,
                            text=True).stdout
    return {words[2]: int(words[0], 16) for words in
            (line.split() for line in output.splitlines()) if len(words) == 3}


def one_round(stub, names):
    """Step from trace_begin() to trace_end()."""
    steps, codes = [], {}
    stub.run_to(names['trace_begin'])
    ip, kernel = stub.registers()
    while ip != names['trace_end']:
        if kernel:
            if ip not in codes:
                codes[ip] = kind(stub.memory(ip, 15),
                                 stub.has_rex)
            steps.append((ip, codes[ip]))
        stub.ask('s')
        ip, kernel = stub.registers()
    return steps


def trace(build, operation, partner):
    """What the kernel executes in a round: pairs of address and kind."""
    program = os.path.join(build, 'tests/user/bench_trace')
    names = symbols(program)
    words = ' '.join(qemu.RUN_WORDS)
    modules = [f'{program} {name} {words}'
               for name in (partner, operation) if name]
    steps = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'gdb')
        call = qemu.command(build, modules, 'console=com0', extra=(
            '-S', '-gdb', f'unix:{path},server=on,wait=off',
            '-icount', 'shift=0,sleep=off'), serial='null')
        with subprocess.Popen(call) as process:
            try:
                stub = Stub(path, qemu.arch_of(build))
                for _ in range(WARM_UP):
                    stub.run_to(names['trace_begin'])
                    stub.run_to(names['trace_end'])
                # The other task does not run in every round: see it once.
                for _ in range(WARM_UP if partner else 1):
                    steps = one_round(stub, names)
                    if any(what == 'cr3-load' for _, what in steps):
                        break
            finally:
                process.kill()
    return steps


# kmem_cache_alloc() is a call of the first.
ALLOCATORS = ('kmem_cache_get', 'kalloc', 'vm_page_alloc', 'vm_page_alloc_run')


def allocations(build, steps):
    """How often the allocators were called, by their entry points."""
    names = symbols(os.path.join(build, 'gnumach'))
    # The compiler may have made one for constant arguments of it.
    entries = {address for name, address in names.items()
               if re.sub(r'\.(constprop|isra|lto_priv)\..*', '', name)
               in ALLOCATORS}
    return sum(rip in entries for rip, _ in steps)


def figures(build):
    """Rows of figure, unit and value for every operation."""
    for operation, partner in OPERATIONS:
        counts = dict.fromkeys(KINDS, 0)
        steps = trace(build, operation, partner)
        for _, what in steps:
            counts[what] += 1
        allocated = allocations(build, steps)
        straight = sum(counts.values()) - counts['rep']
        yield f'trace-{operation}', 'instructions', straight
        for name in KINDS[1:]:
            if counts[name]:
                yield f'trace-{operation}.{name}', name, counts[name]
        if allocated:
            yield f'trace-{operation}.allocations', 'calls', allocated


def show_functions(build, operation):
    """Print how many instructions of an operation each function executes."""
    partner = dict(OPERATIONS).get(operation)
    names = sorted((address, name) for name, address
                   in symbols(os.path.join(build, 'gnumach')).items())
    counts = {}
    for ip, what in trace(build, operation, partner):
        at = bisect.bisect_right(names, (ip, '~')) - 1
        row = counts.setdefault(names[at][1], dict.fromkeys(KINDS, 0))
        row[what] += 1
    print(f'\n{operation:30}' + ''.join(f'{what:>10}' for what in KINDS))
    for name, row in sorted(counts.items(), key=lambda item:
                            -sum(item[1].values())):
        print(f'{name:30}' + ''.join(f'{row[what] or "":>10}'
                                     for what in KINDS))


if __name__ == '__main__':
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    for each in sys.argv[2:]:
        show_functions(sys.argv[1], each)
