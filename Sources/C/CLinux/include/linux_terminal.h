#pragma once

#include <stddef.h>

/// Opens the master side of a new terminal and names its slave. Returns the master, non-blocking, or -1.
int linux_open_terminal(char *slave, size_t capacity);

int linux_resize_terminal(int master, unsigned short rows, unsigned short columns);
