/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays that grow by one item at a time, for all of user space; not installed. What
 * room there is follows from the number of items, so nothing else has to be kept.
 */
#ifndef SYNERGY_LIB_ARRAY_H
#define SYNERGY_LIB_ARRAY_H

#include <stddef.h>

/**
 * synergy_array_grow - make room for one more item
 * @array: address of the pointer to the items: NULL at first, and only ever grown
 *	here. Items may be dropped from the end meanwhile
 * @n: items that it holds
 * @item_bytes: size of one
 *
 * The new item is not initialised. Gives 0, or -1 with errno ENOMEM and the array as
 * it was.
 */
int synergy_array_grow(void *array, size_t n, size_t item_bytes);

#endif /* SYNERGY_LIB_ARRAY_H */
