#!/bin/busybox sh
# The first process of the guest: modules, network, then a shell for every connection to port 99 of the outer address.
export PATH=/bin
busybox mount -t proc p /proc
busybox --install -s /bin
mount -t sysfs s /sys; mount -t devtmpfs d /dev
# In no order: what needs another module succeeds in a later round.
for round in 1 2 3 4; do for m in /m/*.ko; do insmod "$m" 2>/dev/null; done; done
address=$(sed -n 's/.*outer=\([0-9./]*\).*/\1/p' /proc/cmdline)
ip link set lo up
ip addr add "$address" dev eth0
ip link set eth0 up
ip link add wg0 type wireguard && echo "kernel WireGuard is here"
nc -ll -p 99 -e /bin/sh &
echo READY
while true; do sleep 1000; done
