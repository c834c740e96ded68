#pragma once

/// Whether the file system of a descriptor is btrfs; -1 with errno when that cannot be told.
int linux_is_btrfs(int descriptor);

/// Makes an empty subvolume in the directory of a descriptor. -1 with errno on failure.
int linux_subvolume_create(int directory, const char *name);

/// Makes a snapshot of a subvolume's files as they are now, those not yet on disk included. -1 with errno on failure.
int linux_subvolume_snapshot(int subvolume, int directory, const char *name, int read_only);

/// Deletes a subvolume with everything in it; the space comes back in the background. -1 with errno on failure.
int linux_subvolume_destroy(int directory, const char *name);

/// Gives the bytes of one file to another without copying them, where the file system can; -1 with errno where not.
int linux_clone_file(int target, int source);
