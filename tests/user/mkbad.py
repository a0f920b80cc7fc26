#!/usr/bin/env python3
"""tests/user/mkbad.py -- make boot modules that are wrong in one way each.

usage: tests/user/mkbad.py PROGRAM DIR

PROGRAM is a good ELF program of 64 or 32 bits; DIR gets a file for each way, named for
it.  tests/qemu/cases has the lines with which the kernel refuses them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import struct
import sys

FIELDS = ('ident', 'type', 'machine', 'version', 'entry', 'phoff', 'shoff',
          'flags', 'ehsize', 'phentsize', 'phnum', 'shentsize', 'shnum',
          'shstrndx')
PT_LOAD = 1
PAGE = 4096


class Width:
    """What differs between the two classes of ELF files."""

    def __init__(self, bits):
        self.wrap = 1 << bits               # addresses wrap here
        if bits == 64:
            self.header = '<16sHHIQQQIHHHHHH'
            self.segment = '<IIQQQQQQ'
            self.offset, self.vaddr, self.filesz, self.memsz = 2, 3, 5, 6
            self.user_end = 0x800000000000
            self.kernel = 0xffffffff80200000
            self.far, self.huge, self.much = 1 << 40, 1 << 60, 1 << 46
            self.wrong_entry_size = 32
        else:
            self.header = '<16sHHIIIIIHHHHHH'
            self.segment = '<IIIIIIII'
            self.offset, self.vaddr, self.filesz, self.memsz = 1, 2, 4, 5
            self.user_end = 0xc0000000
            self.kernel = 0xfea02000
            self.far, self.huge, self.much = 1 << 30, 0xb8000000, 1 << 30
            self.wrong_entry_size = 56


class Elf:
    """A program whose headers can be changed."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.width = Width(64 if data[4] == 2 else 32)
        self.header = dict(zip(FIELDS,
                               struct.unpack_from(self.width.header, data)))
        self.loads = []
        for i in range(self.header['phnum']):
            at = self.header['phoff'] + i * self.header['phentsize']
            segment = list(struct.unpack_from(self.width.segment, data, at))
            if segment[0] == PT_LOAD:
                self.loads.append((at, segment))

    def set(self, **fields):
        """Change fields of the file's header."""
        self.header.update(fields)
        struct.pack_into(self.width.header, self.data, 0,
                         *(self.header[name] for name in FIELDS))
        return self

    def load(self, index, offset=None, vaddr=None, filesz=None, memsz=None):
        """Change fields of a segment that is to be loaded."""
        at, segment = self.loads[index]
        width = self.width
        for place, value in ((width.offset, offset), (width.vaddr, vaddr),
                             (width.filesz, filesz), (width.memsz, memsz)):
            if value is not None:
                segment[place] = value
        struct.pack_into(width.segment, self.data, at, *segment)
        return self


    def stretch(self, index, size):
        """Give a segment size more bytes of contents, at the file's end."""
        segment, width = self.loads[index][1], self.width
        start, old = segment[width.offset], segment[width.filesz]
        contents = self.data[start:start + old]
        self.data += bytes((start - len(self.data)) % PAGE)
        offset = len(self.data)
        self.data += contents + bytes(size)
        return self.load(index, offset=offset, filesz=old + size,
                         memsz=max(segment[width.memsz], old + size))


def ways(good):
    """Pairs of a name and the bytes of the file."""
    def elf():
        return Elf(good)

    def ident(place, value):
        image = elf()
        data = bytearray(image.header['ident'])
        data[place] = value
        return image.set(ident=bytes(data)).data

    width = elf().width
    first = elf().loads[0][1][width.vaddr]
    yield 'empty', b''
    yield 'text', b'This is a text and no program.\n' * 100
    yield 'one-byte', b'\x7f'
    yield 'magic-only', good[:4]
    yield 'header-cut', good[:40]
    yield 'header-only', good[:64]
    yield 'segments-cut', good[:PAGE + 16]
    yield 'class', ident(4, 3 - good[4])
    yield 'byte-order', ident(5, 2)
    yield 'machine', elf().set(machine=183).data
    yield 'core-file', elf().set(type=4).data
    yield 'entry-size', elf().set(phentsize=width.wrong_entry_size).data
    yield 'no-segments', elf().set(phnum=0).data
    yield 'headers-far', elf().set(phoff=width.far).data
    yield 'headers-wrap', elf().set(phoff=width.wrap - 8).data
    yield 'many-headers', elf().set(phnum=0xffff).data
    yield 'overlap', elf().load(1, vaddr=first + 8).data
    yield 'kernel-space', elf().load(1, vaddr=width.kernel).data
    yield 'user-end', elf().load(1, vaddr=width.user_end).data
    yield 'in-the-stack', elf().load(1, vaddr=width.user_end - PAGE).data
    yield 'address-wraps', elf().load(1, vaddr=width.wrap - 16).data
    yield 'huge-memory', elf().load(-1, memsz=width.huge).data
    yield 'much-memory', elf().load(-1, memsz=width.much).data
    yield 'much-file', elf().stretch(-1, 10 << 20).data
    yield 'memory-wraps', elf().load(-1, memsz=width.wrap - 1).data
    yield 'file-beyond', elf().load(1, filesz=width.far,
                                   memsz=width.far).data
    yield 'offset-wraps', elf().load(1, offset=width.wrap - PAGE).data
    yield 'file-over-memory', elf().load(1, memsz=16).data
    yield 'entry-kernel', elf().set(entry=width.kernel).data
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
