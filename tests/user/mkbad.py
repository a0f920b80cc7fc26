#!/usr/bin/env python3
"""tests/user/mkbad.py -- make boot modules that are wrong in one way each.

usage: tests/user/mkbad.py PROGRAM DIR

PROGRAM is a good 64-bit ELF program; DIR gets a file for each way, named for
it.  tests/qemu/cases has the lines with which the kernel refuses them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import struct
import sys

HEADER = '<16sHHIQQQIHHHHHH'
SEGMENT = '<IIQQQQQQ'
FIELDS = ('ident', 'type', 'machine', 'version', 'entry', 'phoff', 'shoff',
          'flags', 'ehsize', 'phentsize', 'phnum', 'shentsize', 'shnum',
          'shstrndx')
PT_LOAD = 1
USER_END = 0x800000000000
PAGE = 4096


class Elf:
    """A program whose headers can be changed."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.header = dict(zip(FIELDS, struct.unpack_from(HEADER, data)))
        self.loads = []
        for i in range(self.header['phnum']):
            at = self.header['phoff'] + i * self.header['phentsize']
            segment = list(struct.unpack_from(SEGMENT, data, at))
            if segment[0] == PT_LOAD:
                self.loads.append((at, segment))

    def set(self, **fields):
        """Change fields of the file's header."""
        self.header.update(fields)
        struct.pack_into(HEADER, self.data, 0,
                         *(self.header[name] for name in FIELDS))
        return self

    def load(self, index, offset=None, vaddr=None, filesz=None, memsz=None):
        """Change fields of a segment that is to be loaded."""
        at, segment = self.loads[index]
        for place, value in ((2, offset), (3, vaddr), (5, filesz), (6, memsz)):
            if value is not None:
                segment[place] = value
        struct.pack_into(SEGMENT, self.data, at, *segment)
        return self


def ways(good):
    """Pairs of a name and the bytes of the file."""
    def elf():
        return Elf(good)

    def ident(place, value):
        image = elf()
        data = bytearray(image.header['ident'])
        data[place] = value
        return image.set(ident=bytes(data)).data

    first = elf().loads[0][1][3]
    yield 'empty', b''
    yield 'text', b'This is a text and no program.\n' * 100
    yield 'one-byte', b'\x7f'
    yield 'magic-only', good[:4]
    yield 'header-cut', good[:40]
    yield 'header-only', good[:64]
    yield 'segments-cut', good[:PAGE + 16]
    yield 'class', ident(4, 1)
    yield 'byte-order', ident(5, 2)
    yield 'machine', elf().set(machine=183).data
    yield 'core-file', elf().set(type=4).data
    yield 'entry-size', elf().set(phentsize=32).data
    yield 'no-segments', elf().set(phnum=0).data
    yield 'headers-far', elf().set(phoff=1 << 40).data
    yield 'headers-wrap', elf().set(phoff=(1 << 64) - 8).data
    yield 'many-headers', elf().set(phnum=0xffff).data
    yield 'overlap', elf().load(1, vaddr=first + 8).data
    yield 'kernel-space', elf().load(1, vaddr=0xffffffff80200000).data
    yield 'user-end', elf().load(1, vaddr=USER_END).data
    yield 'in-the-stack', elf().load(1, vaddr=USER_END - PAGE).data
    yield 'address-wraps', elf().load(1, vaddr=(1 << 64) - 16).data
    yield 'huge-memory', elf().load(3, memsz=1 << 60).data
    yield 'much-memory', elf().load(3, memsz=1 << 46).data
    yield 'memory-wraps', elf().load(3, memsz=(1 << 64) - 1).data
    yield 'file-beyond', elf().load(1, filesz=1 << 40, memsz=1 << 40).data
    yield 'offset-wraps', elf().load(1, offset=(1 << 64) - PAGE).data
    yield 'file-over-memory', elf().load(1, memsz=16).data
    yield 'entry-kernel', elf().set(entry=0xffffffff80200000).data
    yield 'noise', bytes((i * 2654435761 >> 13) & 255 for i in range(5000))


def main():
    program, folder = sys.argv[1:]
    with open(program, 'rb') as file:
        good = file.read()
    os.makedirs(folder, exist_ok=True)
    for name, data in ways(good):
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
