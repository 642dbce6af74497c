# shellcheck shell=bash
# A clean Debian 12 in a directory, made once and unpacked anew for each use. To be sourced by a bash script, as root.

# unpack_root CACHE DIRECTORY [PACKAGE...]: the minimal system and those packages.
unpack_root() {
  local cache=$1 root=$2 with=()
  shift 2
  if (($#)); then with=("--include=$(IFS=,; echo "$*")"); fi
  if [[ ! -f $cache ]]; then
    mkdir -p "$(dirname "$cache")"
    debootstrap --variant=minbase "${with[@]}" bookworm "$cache.root" >"$cache.log" 2>&1 ||
      { tail -n 5 "$cache.log" >&2; return 1; }
    chroot "$cache.root" apt-get clean
    tar -C "$cache.root" -cf "$cache.new" .
    rm -rf --one-file-system "$cache.root"
    mv "$cache.new" "$cache"
  fi
  mkdir -p "$root"
  tar -C "$root" -xf "$cache"
}

# mount_root DIRECTORY, unmount_root DIRECTORY: what programs in it need of the machine's kernel.
mount_root() {
  mount -t proc proc "$1/proc"
  mount --bind /dev "$1/dev"
  cp /etc/resolv.conf "$1/etc/resolv.conf"
}

unmount_root() {
  local folder
  for folder in dev proc; do
    if mountpoint -q "$1/$folder"; then umount "$1/$folder"; fi
  done
}

# next_version DEB NEW-DEB: the same package under a higher version.
next_version() {
  local folder
  folder=$(mktemp -d)
  dpkg-deb -R "$1" "$folder"
  sed -i 's/^Version: .*/&+next/' "$folder/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$folder" "$2" >/dev/null
  rm -rf "$folder"
}
