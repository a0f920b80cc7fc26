#!/usr/bin/env python3
"""tests/qemu/mkiso.py -- make a GRUB rescue image of a kernel and its modules.

usage: tests/qemu/mkiso.py --build DIR --out FILE [--modules LIST]
                        [--cmdline WORDS]

GRUB loads the image as it was linked, DIR/gnumach.  LIST is as for boot.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import qemu


def make(build, out, modules, cmdline):
    """Write the image; GRUB's own complaints go to the error output."""
    with tempfile.TemporaryDirectory() as folder:
        boot = os.path.join(folder, 'boot')
        os.makedirs(os.path.join(boot, 'grub'))
        shutil.copy(os.path.join(build, 'gnumach'), boot)
        lines = ['set timeout=0', 'set default=0',
                 'menuentry "gnumach" {',
                 f'\tmultiboot /boot/gnumach {cmdline}']
        for number, module in enumerate(modules):
            path, _, words = module.partition(' ')
            name = f'{number}-{os.path.basename(path)}'
            shutil.copy(path, os.path.join(boot, name))
            # GRUB does not put the file's name in front: the string does.
            string = ' '.join((os.path.basename(path), words))
            quoted = string.replace('$', '\\$')
            lines.append(f'\tmodule /boot/{name} {quoted}')
        lines += ['\tboot', '}', '']
        with open(os.path.join(boot, 'grub/grub.cfg'), 'w',
                  encoding='ascii') as file:
            file.write('\n'.join(lines))
        subprocess.run(['grub-mkrescue', '-d', '/usr/lib/grub/i386-pc', '-o',
                        out, folder], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)


def main():
    parser = argparse.ArgumentParser(prog='tests/qemu/mkiso.py',
                                     usage=__doc__.split('\n\n')[1])
    parser.add_argument('--build', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--modules')
    parser.add_argument('--cmdline', default='')
    args = parser.parse_args()
    modules = (qemu.samples(args.build) if args.modules is None
               else qemu.split_modules(args.modules))
    try:
        make(args.build, args.out, modules, args.cmdline)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stderr.decode('utf-8', 'replace'))
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
