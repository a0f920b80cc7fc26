"""tools/gdb/gnumach.py -- gdb commands that know the kernel's structures.

    gdb -x tools/gdb/gnumach.py build/x86_64-debug/gnumach
    (gdb) target remote :1234          QEMU's -s; -S waits at the first byte

    mach-threads            every thread: state, CPU, priority, task, name
    mach-bt THREAD          backtrace of a thread: a number, a name or a pointer
    mach-pages [ADDRESS]    free and used frames; or the frame of an address
    mach-map TASK           a task's map: a number, a name or a pointer
    mach-caches             the object caches
    mach-trace [N]          the last N events (20) of the trace ring
    mach-cpus               what each CPU runs, and what waits there

Structures are read by the debugging information of the image that gdb has
loaded, so that nothing here knows an offset.  Nothing in the kernel is called
or changed: it works at any instruction, with locks held, and after a panic.
Lists that are damaged end with a word about it.

A thread that does not run is shown by its saved stack pointer, where struct
switch_frame has its frame pointer and where it goes on: the kernel keeps frame
pointers everywhere.  One that runs is shown by its CPU's registers.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re

import gdb

PAGE_SIZE = 4096        # x86's
LIST_MAX = 100000       # entries after which a list must be damaged
DEPTH_MAX = 64          # frames of a backtrace
BOOT_STACK_MAX = 65536  # bytes


class MachError(gdb.GdbError):
    """Said to the user without a Python traceback."""


# What the debugging information knows.

def lookup(name, path):
    """The variable `name', which stands in the file `path' of the tree."""
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.symtab.filename.endswith(path):
            return symbol.value()
    symbol = gdb.lookup_global_symbol(name)
    if symbol is None:
        raise MachError(f'no {name}: is this the kernel, with symbols?')
    return symbol.value()


def struct_type(name):
    try:
        return gdb.lookup_type(f'struct {name}')
    except gdb.error as error:
        raise MachError(f'no struct {name}: {error}') from error


def member_offset(kind, member):
    """Offset in bytes of a member, also one of a member without a name."""
    for field in kind.fields():
        if field.name == member:
            return field.bitpos // 8
        if not field.name:
            try:
                return field.bitpos // 8 + member_offset(field.type, member)
            except MachError:
                pass
    raise MachError(f'{kind} has no member {member}')


def container_of(pointer, kind, member):
    """The structure around *pointer, which is its `member'."""
    address = int(pointer) - member_offset(kind, member)
    return gdb.Value(address).cast(kind.pointer()).dereference()


def list_entries(head, kind, member):
    """The structures on a struct list."""
    end = int(head.address)
    node = head['next']
    for _ in range(LIST_MAX):
        if int(node) in (end, 0):
            return
        try:
            node.dereference()['next'].fetch_lazy()
        except gdb.MemoryError:
            print(f'(the list is damaged at {int(node):#x})')
            return
        yield container_of(node, kind, member)
        node = node['next']
    print('(the list does not end)')


def array(value):
    first, last = value.type.range()
    return [value[i] for i in range(first, last + 1)]


def text(value):
    """A char array or a char pointer, as far as it can be read."""
    try:
        return value.string(errors='replace')
    except gdb.error:
        return '?'


def counter(value):
    """A struct counter; of a CPU that stands still."""
    return int(value['high_first']) << 32 | int(value['low'])


def enum_name(value, prefix):
    """The name of an enumerator, short: THREAD_READY -> ready."""
    return str(value).removeprefix(prefix).lower()


def read_word(address):
    word = gdb.lookup_type('unsigned long')
    return int(gdb.Value(address).cast(word.pointer()).dereference())


def tree_top():
    """How file names of the tree begin in the debugging information."""
    own = 'kern/thread.c'
    symbol = gdb.lookup_global_symbol('thread_create')
    name = symbol.symtab.filename if symbol is not None else own
    return name.removesuffix(own)


def place(pc, is_return):
    """Function, offset, file and line of an address; of a return address,
    those of the call."""
    symbol = gdb.execute(f'info symbol {pc:#x}', to_string=True).strip()
    name = re.sub(r' in section .*', '', symbol)
    if name.startswith('No symbol'):
        return '?'
    line = gdb.find_pc_line(pc - 1 if is_return else pc)
    if line.symtab is None:
        return name
    return f'{name} ({line.symtab.filename.removeprefix(tree_top())}' \
           f':{line.line})'


# CPUs, threads and tasks.

def cpus():
    count = int(lookup('nr_cpus', 'kern/cpu.c'))
    return array(lookup('cpus', 'kern/cpu.c'))[:count]


def threads():
    return list_entries(lookup('threads', 'kern/thread.c')['list'],
                        struct_type('thread'), 'all_link')


def tasks():
    return list_entries(lookup('tasks_list', 'kern/task_list.c'),
                        struct_type('task'), 'link')


def caches():
    return list_entries(lookup('kmem_caches', 'kern/slab_cache.c')['caches'],
                        struct_type('kmem_cache'), 'link')


def find(things, kind, word):
    """A thread or a task, by number, by name, or by address."""
    found = [thing for thing in things
             if word in (str(int(thing['id'])), text(thing['name']))]
    if found:
        return found[0]
    try:
        value = gdb.parse_and_eval(word)
    except gdb.error:
        value = None
    if value is not None and int(value) > 0xffff:
        return value.cast(kind.pointer()).dereference()
    raise MachError(f'no {kind.name} {word}')


def cpu_of(thread):
    """The CPU that runs a thread now, or None."""
    for cpu in cpus():
        if int(cpu['md']['current_thread']) == int(thread.address):
            return cpu
    return None


def running_backtrace(cpu):
    """Where a CPU is, by gdb's own threads, of which there is one for each."""
    number = int(cpu['id']) + 1
    before = gdb.selected_thread()
    for thread in gdb.selected_inferior().threads():
        if thread.num == number:
            thread.switch()
            try:
                frame = gdb.newest_frame()
                for _ in range(DEPTH_MAX):
                    if frame is None or frame.pc() == 0:
                        return
                    yield frame.pc()
                    frame = frame.older()
            finally:
                before.switch()
            return
    raise MachError(f'gdb does not see CPU {number - 1}')


def stack_of(thread):
    """Addresses of a thread's kernel stack, as a range."""
    top = int(thread['md']['stack_top'])
    bottom = int(thread['kstack'])
    # That of the boot CPU's first thread is part of the image.
    return range(bottom if bottom else top - BOOT_STACK_MAX, top)


def saved_backtrace(thread):
    """Where a thread that does not run goes on, and who called that.

    The innermost address comes first; frames lie one above the other.
    """
    saved = gdb.Value(int(thread['md']['saved_sp'])).cast(
        struct_type('switch_frame').pointer())
    stack = stack_of(thread)
    size = gdb.lookup_type('long').sizeof
    frame = int(saved['bp'])
    yield int(saved['resume'])
    for _ in range(DEPTH_MAX):
        if frame % size or frame not in stack or frame + size not in stack:
            return
        pc = read_word(frame + size)
        if pc == 0:
            return
        yield pc
        above = read_word(frame)
        if above <= frame:
            return
        frame = above


class MachCommand(gdb.Command):
    """Base: words of the command line, and errors in a line."""

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        words = gdb.string_to_argv(argument)
        low, high = self.words
        if not low <= len(words) <= high:
            raise MachError(f'usage: {self.usage}')
        try:
            self.run(*words)
        except gdb.GdbError:
            raise
        except gdb.error as error:
            raise MachError(f'{self.name}: {error}') from error


class MachThreads(MachCommand):
    """mach-threads -- list all threads."""
    name, words, usage = 'mach-threads', (0, 0), 'mach-threads'

    def run(self):
        print(f'{"id":>5} {"state":8}{"cpu":>4}{"pri":>4}{"task":>5}  '
              f'{"address":18} name')
        for thread in threads():
            task = thread['task']
            owner = int(task['id']) if int(task) else '-'
            state = enum_name(thread['state'], 'THREAD_')
            print(f'{int(thread["id"]):5} {state:8}{int(thread["cpu"]):4}'
                  f'{int(thread["sched_pri"]):4}{owner:>5}  '
                  f'{int(thread.address):#018x} {text(thread["name"])}')


class MachBt(MachCommand):
    """mach-bt THREAD -- the backtrace of a thread, running or not."""
    name, words, usage = 'mach-bt', (1, 1), 'mach-bt NUMBER|NAME|POINTER'

    def run(self, word):
        thread = find(threads(), struct_type('thread'), word)
        cpu = cpu_of(thread)
        if cpu is not None:
            where = f'running on CPU {int(cpu["id"])}'
            addresses = running_backtrace(cpu)
        else:
            where = enum_name(thread['state'], 'THREAD_')
            addresses = saved_backtrace(thread)
        print(f'thread {int(thread["id"])} ({text(thread["name"])}), {where}')
        for i, pc in enumerate(addresses):
            # What is new or blocked goes on behind a call, too.
            is_return = i > 0 or cpu is None
            print(f'#{i:<2} {pc:#018x} {place(pc, is_return)}')


class MachCpus(MachCommand):
    """mach-cpus -- what each CPU runs, and what waits there."""
    name, words, usage = 'mach-cpus', (0, 0), 'mach-cpus'

    def run(self):
        for cpu in cpus():
            thread = cpu['md']['current_thread']
            name = text(thread['name']) if int(thread) else 'nothing'
            if int(thread) == int(cpu['idle']):
                name += ' (idle)'
            print(f'CPU {int(cpu["id"])}: {name}; '
                  f'{int(cpu["runq"]["count"])} ready, '
                  f'{counter(cpu["nr_switches"])} switches, '
                  f'{counter(cpu["nr_ticks"])} ticks, '
                  f'interrupt depth {int(cpu["intr_depth"])}, '
                  f'AST {int(cpu["ast_pending"]):#x}')


class MachPages(MachCommand):
    """mach-pages [ADDRESS] -- frames by zone; or one, by physical address."""
    name, words, usage = 'mach-pages', (0, 1), 'mach-pages [PHYSICAL-ADDRESS]'

    # What of a descriptor means something, by the kind of its frame.
    members = {
        'object': ('object', 'index', 'map', 'pv_more'),
        'slab': ('slab',),
        'table': ('table_pmap', 'table_va', 'table_live', 'table_level'),
        'reserved': (),
    }

    def run(self, word=None):
        if word is not None:
            self.show_frame(int(gdb.parse_and_eval(word)))
            return
        names = self.names('zone_names')
        print(f'{"zone":8}{"frames":>9}{"free":>9}  blocks by order')
        for i, zone in enumerate(array(lookup('vm_page_zones',
                                              'vm/vm_page_zone.c'))):
            if int(zone['nr_total']):
                blocks = ' '.join(str(int(n))
                                  for n in array(zone['nr_blocks']))
                print(f'{names[i]:8}{int(zone["nr_total"]):9}'
                      f'{int(zone["nr_free"]):9}  {blocks}')
        self.show_cpus()

    def names(self, variable):
        return [text(name) for name in
                array(lookup(variable, 'vm/vm_page_show.c'))]

    def show_cpus(self):
        """Sums over the CPUs' own counts."""
        kinds = self.names('kind_names')
        sums, stacked = [0] * len(kinds), 0
        for cpu in array(lookup('vm_page_cpus', 'vm/vm_page.c')):
            stacked += sum(int(stack['count']) for stack
                           in array(cpu['stacks']))
            for i, count in enumerate(array(cpu['kind'])):
                sums[i] += int(count)
        print(f'on the stacks of CPUs: {stacked}; in use: '
              + ', '.join(f'{name} {count}' for name, count
                          in zip(kinds, sums) if count))

    def show_frame(self, address):
        frame = address // PAGE_SIZE
        segments = lookup('vm_page_segments', 'vm/vm_page_init.c')
        count = int(lookup('vm_page_nr_segments', 'vm/vm_page_init.c'))
        for segment in array(segments)[:count]:
            first = int(segment['first'])
            if first <= frame < first + int(segment['count']):
                break
        else:
            raise MachError(f'{address:#x} is not in RAM')
        page = page_descriptor(frame)
        kind = self.names('kind_names')[int(page['kind'])]
        print(f'frame {frame:#x} ({address:#x}): {kind}, '
              f'order {int(page["order"])}, wired {int(page["wire_count"])}, '
              f'flags {int(page["flags"]):#x}, '
              f'reverse mappings {int(page["pv_flags"]):#x}')
        members = self.members.get(kind, self.members['object'])
        for name in members:
            print(f'  {name} = {page[name].format_string(symbols=True)}')


def page_descriptor(frame):
    """The struct vm_page of a frame.

    Where their array begins is a macro's word, which no image tells.  But the
    object allocator's window begins with a descriptor: of frame 0, or of the
    frame whose directly mapped address it tells; and the kernel knows both
    addresses of its root table.
    """
    root = lookup('kernel_pmap', 'x86/pmap.c')
    direct = int(root['root']) - int(root['root_phys'])
    window = lookup('vm_page_window', 'vm/vm_page_init.c')
    kind = struct_type('vm_page')
    start = int(window['start'])
    known = (start - direct) // PAGE_SIZE if start else 0
    at = int(window['pages']) + (frame - known) * kind.sizeof
    return gdb.Value(at).cast(kind.pointer()).dereference()


class MachMap(MachCommand):
    """mach-map TASK -- the entries of a task's map."""
    name, words, usage = 'mach-map', (1, 1), 'mach-map NUMBER|NAME|POINTER'

    def run(self, word):
        task = find(tasks(), struct_type('task'), word)
        vm_map = task['map']
        if not int(vm_map):
            raise MachError(f'task {word} has no map any more')
        print(f'task {int(task["id"])} ({text(task["name"])}): '
              f'{int(vm_map["nr_entries"])} entries, '
              f'{int(vm_map["size"]) // 1024} KiB')
        for entry in self.entries(vm_map['entries']['root']):
            attr, target = entry['attr'], entry['object']
            pages = (f'object {int(target):#x} + {int(entry["offset"]):#x}, '
                     f'{int(target["nr_pages"])} pages' if int(target)
                     else 'not touched')
            print(f'{int(entry["start"]):016x} {int(entry["end"]):016x} '
                  f'{self.prot(attr["prot"])}/{self.prot(attr["max_prot"])} '
                  f'{pages}')

    @staticmethod
    def prot(bits):
        return ''.join(letter if int(bits) & 1 << i else '-'
                       for i, letter in enumerate('rwx'))

    def entries(self, node):
        """In order of addresses."""
        kind = struct_type('vm_map_entry')
        path = []
        while int(node) or path:
            while int(node):
                path.append(node)
                node = node['child'][0]
            node = path.pop()
            yield container_of(node, kind, 'node')
            node = node['child'][1]


class MachCaches(MachCommand):
    """mach-caches -- the object caches and their figures."""
    name, words, usage = 'mach-caches', (0, 0), 'mach-caches'

    def run(self):
        print(f'{"cache":24}{"size":>7}{"used":>9}{"objects":>9}'
              f'{"slabs":>7}{"frames":>8}')
        for cache in caches():
            print(f'{text(cache["name"]):24}{int(cache["size"]):7}'
                  f'{int(cache["nr_used"]):9}{int(cache["nr_objs"]):9}'
                  f'{int(cache["nr_slabs"]):7}{int(cache["nr_frames"]):8}')


class MachTrace(MachCommand):
    """mach-trace [N] -- the last N (20) events of the trace ring."""
    name, words, usage = 'mach-trace', (0, 1), 'mach-trace [N]'

    def run(self, word='20'):
        ring = lookup('ring', 'kern/trace.c')
        entries = array(ring['entry'])
        last = int(ring['count'])
        count = min(int(word), len(entries), last)
        print(f'{last} events, the last {count}:')
        for seq in range(last - count + 1, last + 1):
            entry = entries[seq % len(entries)]
            if int(entry['seq']) == seq:
                time = int(entry['time_us'])
                print(f'{time // 1000000:6}.{time % 1000000:06} '
                      f'{int(entry["cpu"]):2}  {self.event(entry)}')

    @staticmethod
    def event(entry):
        """The event's own format, with its numbers in it."""
        arguments = [int(value) for value in array(entry['arg'])]
        signed = 1 << 8 * entry['arg'][0].type.sizeof - 1

        def conversion(match):
            if match[0] == '%%':
                return '%'
            value = arguments.pop(0) if arguments else 0
            if match[1] == 'd' and value >= signed:
                value -= 2 * signed
            return format(value, 'x' if match[1] == 'x' else 'd')

        return re.sub(r'%(?:%|[-0-9#]*l?([dux]))', conversion,
                      text(entry['fmt']))


for command in (MachThreads, MachBt, MachCpus, MachPages, MachMap, MachCaches,
                MachTrace):
    command()
