/*
 * vm/vm_map_show.c -- a map as text.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "kern/printf.h"
#include "vm/pmap.h"
#include "vm/vm_priv.h"
#include "vm/vm_object.h"

#include <machine/page.h>

/* A protection as "rwx", in the caller's buffer. */
static const char *
vm_map_prot_text(unsigned int prot, char text[4])
{
	text[0] = (prot & VM_PROT_READ) != 0 ? 'r' : '-';
	text[1] = (prot & VM_PROT_WRITE) != 0 ? 'w' : '-';
	text[2] = (prot & VM_PROT_EXECUTE) != 0 ? 'x' : '-';
	text[3] = '\0';
	return text;
}

static void
vm_map_show_entry(const struct vm_map_entry *entry)
{
	static const char *const inherit[] = { "share", "copy", "none" };
	const struct vm_object *object = entry->object;
	char prot[4], max_prot[4];

	kprintf("  %016lx-%016lx %s/%s %-5s", (unsigned long)entry->start,
		(unsigned long)entry->end,
		vm_map_prot_text(entry->attr.prot, prot),
		vm_map_prot_text(entry->attr.max_prot, max_prot),
		inherit[entry->attr.inherit]);
	if (entry->attr.wired_count != 0)
		kprintf(" wired %u%s", entry->attr.wired_count,
			entry->attr.wired_access != 0 ? " by user" : "");
	if (entry->attr.advice != VM_ADVICE_NORMAL)
		kprintf(" advice %u", entry->attr.advice);
	if (entry->transition != 0)
		kprintf(" in transition");
	if (entry->is_submap)
		kprintf(" submap\n");
	else if (object == NULL)
		kprintf(" untouched\n");
	else
		kprintf(" object %p + %#llx: %zu pages\n",
			(const void *)object,
			(unsigned long long)(entry->offset - object->base),
			object->nr_pages);
}

void
vm_map_show(struct vm_map *map)
{
	struct rbnode *node;

	rw_lock_read(&map->lock);
	kprintf("map %p: %zu entries of %zu, %zu KiB mapped, "
		"%zu KiB resident\n", (void *)map, map->nr_entries,
		map->entries_limit, map->size / 1024,
		pmap_resident(map->pmap) * (PAGE_SIZE / 1024));
	rbtree_for_each(&map->entries, node)
		vm_map_show_entry(vm_map_entry_of(node));
	rw_unlock_read(&map->lock);
}
