/*
 * tests/model/vm_model_priv.h -- entries, uses and objects of the model.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 *	entry ----> use ----> object ----> object below
 *	(pages)     (map,     (64 pages,   (through a link: for which of the
 *	            object,    `has')       64, and shifted by how many)
 *	            delta)
 *
 * A use stands between the entries of one map and one object.  Entries of one
 * map with the same object and the same delta have the same use, so "same
 * object, same delta" is one comparison of pointers, and an object knows its
 * users without looking into any map: their uses.  Page `p` of the map is
 * index p - delta of the object.
 *
 * Index i of an object is seen through: its own page; else, if the link has
 * bit i, index i + shift of the object below; else zeroes.
 */
#ifndef TESTS_MODEL_VM_MODEL_PRIV_H
#define TESTS_MODEL_VM_MODEL_PRIV_H

#include "lib/list.h"
#include "tests/model/vm_model.h"

#define MODEL_MAX_SLOTS	(VM_MODEL_MAX_MAPS * VM_MODEL_MAX_PAGES * 16)

typedef uint64_t model_set;	/* of indexes of an object */

struct model_slot {		/* a page, or its contents in swap */
	uint32_t value;
	uint16_t wires;
	bool used;
	bool out;		/* in swap */
	unsigned int name;	/* of its object and ... */
	unsigned int index;	/* ... in it: what the pager calls it */
};

struct model_object {
	unsigned int name;
	model_set has;		/* pages of its own, paged out ones included */
	model_set out;		/* those that are paged out */
	model_set busy;		/* those in the hands of a fault or a waiter */
	model_set link;		/* seen through to the object below */
	struct model_object *below;	/* counted; NULL: none, link is 0 */
	int shift;
	struct model_object *copy;	/* newest copy object; not counted */
	struct list uses;
	unsigned int nr_uses;
	struct list shadows;	/* objects that have this one below */
	unsigned int nr_shadows;
	struct list shadow_node;	/* in the shadows of below */
	struct list node;	/* in the model's objects */
	struct list queue_node;
	bool queued;		/* something changed: to be settled */
	bool shared;		/* two maps write it */
	bool frozen;		/* a copy object that nobody has written */
	uint32_t slot[VM_MODEL_WINDOW];
};

struct model_use {
	struct model_map *map;
	struct model_object *object;
	int delta;		/* page of the map at index 0 */
	unsigned int nr_entries;
	struct list node;	/* in the object's uses */
};

struct model_attr {
	uint8_t prot, max_prot, inherit, advice, wired;
};

struct model_entry {
	unsigned int start, end;
	struct model_use *use;	/* counted; NULL: nothing there yet */
	struct model_attr attr;
	bool needs_copy;	/* make a shadow before the first write */
};

struct model_map {		/* or a copy in transit */
	bool lives;
	bool is_copy;
	bool has_buffer;	/* a small copy: values instead of entries */
	unsigned int nr_pages;	/* of a copy */
	uint32_t buffer[VM_MODEL_SMALL];
	unsigned int nr;
	struct model_entry entries[VM_MODEL_MAX_PAGES];
};

struct model_hold {
	struct model_object *object;
	unsigned int index;
	uint32_t slot;
};

struct vm_oracle;

struct vm_model {
	struct vm_model_config config;
	struct model_map maps[VM_MODEL_MAX_MAPS];
	struct model_map copies[VM_MODEL_MAX_COPIES];
	struct model_hold holds[VM_MODEL_MAX_HOLDS];
	struct list objects;
	unsigned int nr_objects;
	unsigned int next_name;
	struct list queue;
	unsigned int nr_queued;
	unsigned int budget;		/* what is left of it */
	struct model_slot *slots;	/* number 0 is not used */
	unsigned int nr_slots, nr_used;
	uint32_t *free_slots;
	unsigned int nr_free;
	struct vm_oracle *oracle;
	struct vm_model_stats stats;
	char error[256];
};

static inline bool
model_bug(const struct vm_model *model, enum vm_model_bug bug)
{
	return model->config.bug == bug;
}

static inline model_set
model_bit(unsigned int index)
{
	return (model_set)1 << index;
}

/* Indexes [low, high), as far as an object has them. */
static inline model_set
model_range(int low, int high)
{
	if (low < 0)
		low = 0;
	if (high > VM_MODEL_WINDOW)
		high = VM_MODEL_WINDOW;
	if (low >= high)
		return 0;
	return (~(model_set)0 >> (VM_MODEL_WINDOW - (high - low))) << low;
}

static inline model_set
model_shift(model_set set, int by)
{
	if (by >= VM_MODEL_WINDOW || by <= -VM_MODEL_WINDOW)
		return 0;
	return by >= 0 ? set << by : set >> -by;
}

static inline unsigned int
model_count(model_set set)
{
	return (unsigned int)__builtin_popcountll(set);
}

/* The lowest index of a set that is not empty. */
static inline unsigned int
model_lowest(model_set set)
{
	return (unsigned int)__builtin_ctzll(set);
}

static inline model_set
model_use_range(const struct model_use *use, unsigned int start,
		unsigned int end)
{
	return model_range((int)start - use->delta, (int)end - use->delta);
}

static inline model_set
model_entry_set(const struct model_entry *entry)
{
	return model_use_range(entry->use, entry->start, entry->end);
}

/* vm_model_object.c */
struct model_object *model_object_create(struct vm_model *model);
void model_object_queue(struct vm_model *model, struct model_object *object);
void model_object_release(struct vm_model *model, struct model_object *object);
void model_object_shrink_link(struct vm_model *model,
			      struct model_object *object, model_set set);
void model_object_drop(struct vm_model *model, struct model_object *object,
		       model_set set);
model_set model_object_covered(const struct vm_model *model,
			       const struct model_object *object);
void model_object_link(struct model_object *object, struct model_object *below,
		       int shift);
void model_object_unlink(struct vm_model *model, struct model_object *object);
struct model_object *model_object_find(struct model_object *object,
				       unsigned int *index);
bool model_object_reaches(const struct vm_model *model,
			  const struct model_object *object,
			  const struct model_object *other);
uint32_t model_object_read(struct vm_model *model, struct model_object *object,
			   unsigned int index);
struct model_slot *model_object_own(struct vm_model *model,
				    struct model_object *object,
				    unsigned int index);
void model_object_write(struct vm_model *model, struct model_object *object,
			unsigned int index, uint32_t value);
void model_object_put(struct vm_model *model, struct model_object *object,
		      unsigned int index, uint32_t value);
void model_object_page_out(struct vm_model *model, struct model_object *object,
			   unsigned int index);
void model_object_destroy(struct vm_model *model, struct model_object *object);
void model_object_move(struct model_object *to, unsigned int to_index,
		       struct model_object *from, unsigned int index);
void model_object_free_page(struct vm_model *model,
			    struct model_object *object, unsigned int index);
struct model_use *model_use_get(struct vm_model *model, struct model_map *map,
				struct model_object *object, int delta);
void model_use_put(struct vm_model *model, struct model_use *use);
model_set model_use_exclusive(const struct vm_model *model,
			      const struct model_use *use, model_set set);
void model_use_clear(struct vm_model *model, struct model_use *use,
		     model_set set);
model_set model_use_live(const struct model_use *use);

/* vm_model_settle.c */
bool model_object_has_only_shadow(const struct vm_model *model,
				  const struct model_object *object);
void model_settle(struct vm_model *model, unsigned int budget);

/* vm_model_join.c */
bool model_entries_can_join(const struct vm_model *model,
			    const struct model_entry *low,
			    const struct model_entry *high);
enum vm_model_refusal model_entries_why_not(const struct vm_model *model,
					    const struct model_entry *low,
					    const struct model_entry *high);
void model_map_join(struct vm_model *model, struct model_map *map,
		    unsigned int start, unsigned int end);
void model_entry_set_use(struct vm_model *model, struct model_entry *entry,
			 struct model_use *use);
void model_entry_end_copy(struct model_entry *entry);

/* vm_model_map.c */
struct model_entry *model_map_find(struct model_map *map, unsigned int page);
struct model_entry *model_map_insert(struct model_map *map,
				     const struct model_entry *entry);
void model_map_clip(struct vm_model *model, struct model_map *map,
		    unsigned int start, unsigned int end);
void model_map_extend(struct model_map *map, unsigned int *start,
		      unsigned int *end);
void model_map_remove(struct vm_model *model, struct model_map *map,
		      unsigned int start, unsigned int end);
void model_entry_forget(struct vm_model *model, struct model_entry *entry);
bool model_map_is_mapped(struct model_map *map, unsigned int start,
			 unsigned int end, uint8_t prot);
bool model_map_is_free(struct model_map *map, unsigned int start,
		       unsigned int end);
struct model_entry *model_map_clip_window(struct vm_model *model,
					  struct model_map *map,
					  unsigned int page);
struct model_entry *model_map_give_object(struct vm_model *model,
					  struct model_map *map,
					  unsigned int page);
struct model_entry *model_map_writable(struct vm_model *model,
				       struct model_map *map,
				       unsigned int page);
void model_map_store(struct vm_model *model, struct model_map *map,
		     unsigned int page, uint32_t value);
bool model_map_apply(struct vm_model *model, struct vm_op *op);

/* vm_model_copy.c */
bool model_copy_apply(struct vm_model *model, const struct vm_op *op);

/* vm_oracle.c: the other half. */
struct vm_oracle *vm_oracle_create(unsigned int nr_pages);
void vm_oracle_destroy(struct vm_oracle *oracle);
bool vm_oracle_apply(struct vm_oracle *oracle, struct vm_op *op);
bool vm_oracle_lives(const struct vm_oracle *oracle, unsigned int map);
struct vm_model_page vm_oracle_page(const struct vm_oracle *oracle,
				    unsigned int map, unsigned int page);
unsigned int vm_oracle_runs(const struct vm_oracle *oracle, unsigned int map);
uint32_t *vm_oracle_mark(struct vm_oracle *oracle, unsigned int map,
			 unsigned int page);

#endif /* TESTS_MODEL_VM_MODEL_PRIV_H */
