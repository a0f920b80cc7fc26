/*
 * tests/user/fuzz_rpc_stubs.c -- calls by MIG's stubs, with random arguments.
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Messages of the right form: what they mean is hostile.  Calls that list the
 * tasks of the machine are not among them, nor is what ends it; what is not for
 * this task alone, like the time, is.  Calls that end or stop a thread are
 * rare, or little else would be done.
 */
#include <mach_debug/kernel_stat.h>
#include <mach_debug/mach_debug.h>

#include "tests/user/fuzz_rpc.h"

/* A stub's call; `f' is the thread's. */
#define CALL(name, ...) \
	static void \
	call_##name(struct fuzz *f) \
	{ \
		(void)name(__VA_ARGS__); \
	}

#define TO	pick_target(f)
#define NAME	pick_name(f)
#define SMALL	pick_small(f)
#define FLAG	(int)pick(f, 2)
#define ADDRESS	pick_address(f)
#define SIZE	pick_size(f)
#define WORD	pick_word(f)

/* Tasks and threads. */
CALL(task_create, TO, FLAG, &f->port)
CALL(task_suspend, NAME)
CALL(task_resume, TO)
CALL(task_terminate, NAME)
CALL(task_info, TO, SMALL, (task_info_t)f->words, &f->count)
CALL(task_get_special_port, TO, SMALL, &f->port)
CALL(task_set_special_port, TO, SMALL, NAME)
CALL(task_priority, TO, SMALL, FLAG)
CALL(task_set_name, TO, (char *)f->words)
CALL(task_set_essential, TO, FLAG)
CALL(task_get_assignment, TO, &f->port)
CALL(task_assign_default, TO, FLAG)
CALL(mach_ports_register, TO, f->names, pick(f, ARRAY_SIZE(f->names)))
CALL(register_new_task_notification, TO, NAME, MACH_MSG_TYPE_MAKE_SEND)
CALL(thread_create, TO, &f->port)
CALL(thread_suspend, NAME)
CALL(thread_resume, TO)
CALL(thread_abort, TO)
CALL(thread_terminate, NAME)
CALL(thread_get_state, TO, SMALL, f->words, &f->count)
CALL(thread_set_state, NAME, SMALL, f->words, pick(f, 64))
CALL(thread_info, TO, SMALL, (thread_info_t)f->words, &f->count)
CALL(thread_get_special_port, TO, SMALL, &f->port)
CALL(thread_set_special_port, TO, SMALL, NAME)
CALL(thread_priority, TO, SMALL, FLAG)
CALL(thread_policy, TO, SMALL, SMALL)
CALL(thread_depress_abort, TO)
CALL(thread_wire, TO, TO, FLAG)
CALL(thread_get_name, TO, (char *)f->words)

/* Memory. */
CALL(vm_allocate, TO, &f->address, SIZE, FLAG)
CALL(vm_deallocate, TO, ADDRESS, SIZE)
CALL(vm_protect, TO, ADDRESS, SIZE, FLAG, SMALL)
CALL(vm_inherit, TO, ADDRESS, SIZE, (vm_inherit_t)SMALL)
CALL(vm_write, TO, ADDRESS, ADDRESS, (mach_msg_type_number_t)SIZE)
CALL(vm_copy, TO, ADDRESS, SIZE, ADDRESS)
CALL(vm_map, TO, &f->address, SIZE, WORD, FLAG, NAME, WORD, FLAG, SMALL, SMALL,
     (vm_inherit_t)SMALL)
CALL(vm_wire, TO, TO, ADDRESS, SIZE, SMALL)
CALL(vm_wire_all, TO, TO, (vm_wire_t)SMALL)
CALL(vm_msync, TO, ADDRESS, SIZE, (vm_sync_t)SMALL)
CALL(vm_machine_attribute, TO, ADDRESS, SIZE, (vm_machine_attribute_t)SMALL,
     (vm_machine_attribute_val_t *)f->words)
CALL(vm_set_size_limit, TO, TO, SIZE, SIZE)
CALL(vm_statistics, TO, (vm_statistics_data_t *)f->words)
CALL(gsync_wait, TO, ADDRESS & ~(vm_address_t)3, 0, 0, pick(f, 4),
     SMALL | 4 /* with a time limit */)
CALL(gsync_wake, TO, ADDRESS, WORD & 1, SMALL)
CALL(gsync_requeue, TO, ADDRESS, ADDRESS, FLAG, SMALL)

/* Names. */
CALL(mach_port_type, TO, NAME, (mach_port_type_t *)f->words)
CALL(mach_port_rename, TO, NAME, NAME)
CALL(mach_port_allocate_name, TO, (mach_port_right_t)SMALL,
     (mach_port_name_t)WORD)
CALL(mach_port_allocate, TO, (mach_port_right_t)SMALL, &f->port)
CALL(mach_port_destroy, TO, (mach_port_name_t)SMALL)
CALL(mach_port_deallocate, TO, NAME)
CALL(mach_port_get_refs, TO, NAME, (mach_port_right_t)SMALL,
     (mach_port_urefs_t *)f->words)
CALL(mach_port_mod_refs, TO, NAME, (mach_port_right_t)SMALL, SMALL - 4)
CALL(mach_port_set_qlimit, TO, NAME, (mach_port_msgcount_t)SMALL)
CALL(mach_port_set_mscount, TO, NAME, (mach_port_mscount_t)WORD)
CALL(mach_port_move_member, TO, NAME, NAME)
CALL(mach_port_request_notification, TO, NAME, 64 + SMALL % 9, pick(f, 2), NAME,
     MACH_MSG_TYPE_MAKE_SEND_ONCE, &f->port)
CALL(mach_port_insert_right, TO, (mach_port_name_t)SMALL, NAME,
     16 + pick(f, 6))
CALL(mach_port_extract_right, TO, NAME, 16 + pick(f, 6), &f->port, &f->count)
CALL(mach_port_get_receive_status, TO, NAME, (mach_port_status_t *)f->words)
CALL(mach_port_set_protected_payload, TO, NAME, WORD)
CALL(mach_port_clear_protected_payload, TO, NAME)

/* The host. */
CALL(host_info, TO, SMALL, (host_info_t)f->words, &f->count)
CALL(host_get_time64, TO, (time_value64_t *)(void *)f->words)
CALL(host_get_kernel_version, TO, (char *)f->words)
CALL(processor_set_default, TO, &f->port)
CALL(processor_set_info, TO, SMALL, &f->port,
     (processor_set_info_t)f->words, &f->count)
CALL(processor_assign, TO, TO, FLAG)
CALL(mach_port_get_srights, TO, NAME, (mach_port_rights_t *)f->words)
CALL(task_set_limit, TO, NAME, SMALL, WORD)
CALL(task_identity, TO, &f->count, (char *)f->words)

/* What comes out of line is dropped, or messages alone would fill memory. */
static void
drop(struct fuzz *f, const void *data, vm_size_t size)
{
	if (data != (const void *)f->words && data != NULL)
		(void)vm_deallocate(f->self, (vm_address_t)data, size);
}

static void
call_vm_read(struct fuzz *f)
{
	vm_offset_t data;

	if (vm_read(TO, ADDRESS, SIZE, &data, &f->count) == KERN_SUCCESS)
		drop(f, (void *)data, f->count);
}

static void
call_mach_port_names(struct fuzz *f)
{
	mach_port_name_array_t names;
	mach_port_type_array_t types;

	if (mach_port_names(TO, &names, &f->count, &types, &f->count2)
	    == KERN_SUCCESS) {
		drop(f, names, f->count * sizeof *names);
		drop(f, types, f->count2 * sizeof *types);
	}
}

static void
call_task_threads(struct fuzz *f)
{
	thread_array_t list;

	if (task_threads(TO, &list, &f->count) == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

static void
call_mach_ports_lookup(struct fuzz *f)
{
	mach_port_array_t list;

	if (mach_ports_lookup(TO, &list, &f->count) == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

static void
call_host_slab_info(struct fuzz *f)
{
	cache_info_array_t list = (cache_info_array_t)(void *)f->words;

	f->count = pick(f, FUZZ_WORDS);
	if (host_slab_info(TO, &list, &f->count) == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

static void
call_vm_pages_phys(struct fuzz *f)
{
	rpc_phys_addr_array_t pages =
		(rpc_phys_addr_array_t)(void *)f->words;

	f->count = pick(f, 64);
	if (vm_pages_phys(TO, TO, ADDRESS, SIZE, &pages, &f->count)
	    == KERN_SUCCESS)
		drop(f, pages, f->count * sizeof *pages);
}

static void
call_task_charges(struct fuzz *f)
{
	task_charge_t *list = (task_charge_t *)(void *)f->words;

	f->count = pick(f, 16);
	if (task_charges(TO, &list, &f->count) == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

static void
call_vm_map_borders(struct fuzz *f)
{
	map_border_t *list = (map_border_t *)(void *)f->words;

	f->count = pick(f, 16);
	if (vm_map_borders(TO, &list, &f->count) == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

static void
call_host_slab_owners(struct fuzz *f)
{
	slab_owner_t *list = (slab_owner_t *)(void *)f->words;

	f->count = pick(f, 4);
	if (host_slab_owners(TO, (char *)f->words, &list, &f->count)
	    == KERN_SUCCESS)
		drop(f, list, f->count * sizeof *list);
}

/* All caches now and then, and mostly none. */
static void
call_host_slab_record_owners(struct fuzz *f)
{
	static const kernel_debug_name_t all;

	(void)host_slab_record_owners(TO, FLAG ? all : (char *)f->words, FLAG);
}

#define ROW(name)	call_##name

static void (*const rare[])(struct fuzz *f) = {
	ROW(task_suspend), ROW(task_terminate), ROW(thread_suspend),
	ROW(thread_terminate), ROW(thread_set_state), ROW(mach_port_destroy),
	ROW(mach_port_mod_refs), ROW(vm_wire_all), ROW(task_set_limit),
	ROW(host_slab_record_owners),
};

static void (*const calls[])(struct fuzz *f) = {
	ROW(task_create), ROW(task_resume), ROW(task_info),
	ROW(task_get_special_port), ROW(task_set_special_port),
	ROW(task_priority), ROW(task_set_name),
	ROW(task_set_essential), ROW(task_get_assignment),
	ROW(task_assign_default), ROW(mach_ports_register),
	ROW(mach_ports_lookup), ROW(register_new_task_notification),
	ROW(task_threads), ROW(thread_create), ROW(thread_resume),
	ROW(thread_abort), ROW(thread_get_state), ROW(thread_info),
	ROW(thread_get_special_port), ROW(thread_set_special_port),
	ROW(thread_priority), ROW(thread_policy), ROW(thread_depress_abort),
	ROW(thread_wire), ROW(thread_get_name), ROW(vm_allocate),
	ROW(vm_deallocate), ROW(vm_protect), ROW(vm_inherit), ROW(vm_read),
	ROW(vm_write), ROW(vm_copy), ROW(vm_map), ROW(vm_wire), ROW(vm_msync),
	ROW(vm_machine_attribute), ROW(vm_set_size_limit),
	ROW(vm_statistics), ROW(vm_pages_phys), ROW(gsync_wait),
	ROW(gsync_wake), ROW(gsync_requeue), ROW(mach_port_names),
	ROW(mach_port_type), ROW(mach_port_rename),
	ROW(mach_port_allocate_name), ROW(mach_port_allocate),
	ROW(mach_port_deallocate), ROW(mach_port_get_refs),
	ROW(mach_port_set_qlimit), ROW(mach_port_set_mscount),
	ROW(mach_port_move_member), ROW(mach_port_request_notification),
	ROW(mach_port_insert_right), ROW(mach_port_extract_right),
	ROW(mach_port_get_receive_status),
	ROW(mach_port_set_protected_payload),
	ROW(mach_port_clear_protected_payload), ROW(mach_port_get_srights),
	ROW(host_info), ROW(host_get_time64), ROW(host_get_kernel_version),
	ROW(processor_set_default), ROW(processor_set_info),
	ROW(processor_assign), ROW(host_slab_info), ROW(task_identity),
	ROW(task_charges), ROW(vm_map_borders), ROW(host_slab_owners),
};

void
fuzz_stub(struct fuzz *f)
{
	uint32_t which;

	f->address = ADDRESS;
	f->size = SIZE;
	f->count = pick(f, ARRAY_SIZE(f->words));
	for (size_t i = 0; i < 16; i++)
		f->words[i] = (natural_t)WORD;
	for (size_t i = 0; i < ARRAY_SIZE(f->names); i++)
		f->names[i] = NAME;
	if (pick(f, 64) == 0) {
		which = pick(f, ARRAY_SIZE(rare));
		*f->what = 200 + which;
		rare[which](f);
	} else {
		which = pick(f, ARRAY_SIZE(calls));
		*f->what = 300 + which;
		calls[which](f);
	}
}
