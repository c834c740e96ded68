#pragma once

#include "supervise.h"
#include "linux_btrfs.h"
#include "linux_files.h"
#include "linux_loop.h"
#include "linux_poll.h"
#include "linux_process.h"
#include "linux_socket.h"
#include "linux_spawn.h"
#include "linux_terminal.h"
#include "launch_box.h"
