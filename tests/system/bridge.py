#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""bridge.py VERB SOCKET …: the Unix side of what tests/system/bridge.test carries through a bridge.

    talk SOCKET CLIENTS MAX   clients at once, each sends up to MAX random bytes while it reads as many, compares
    tell SOCKET SIZE…         sends packets, reads one for each, compares
    end SOCKET SIZE           sends bytes, ends what it says, prints what comes until the end
    read SOCKET               prints "connected", reads to the end after a line on stdin, prints how much
    hold SOCKET               prints "connected", reads to the end, prints what came and how it ended
    once SOCKET               sends a word, prints what comes back
    echo SOCKET [packets]     serves for ever, gives back what comes
    count SOCKET              serves: reads to the end, says how many bytes came, closes
    ready SOCKET COMMAND…     starts a service as a service manager does, prints what it tells, ends it, prints its status
"""
import os
import random
import socket
import subprocess
import sys
import threading

LIMIT = 60


def connect(path, kind=socket.SOCK_STREAM):
    client = socket.socket(socket.AF_UNIX, kind)
    client.settimeout(LIMIT)
    client.connect(path)
    return client


def read(client, size):
    parts = []
    while size:
        part = client.recv(min(size, 1 << 16))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def talk_one(path, most, gate, results):
    sent = os.urandom(random.randint(1, most))
    try:
        client = connect(path)
        gate.wait(LIMIT)
        sender = threading.Thread(target=client.sendall, args=(sent,))
        sender.start()
        results.append(read(client, len(sent)) == sent)
        sender.join()
        client.close()
    except (OSError, threading.BrokenBarrierError) as error:
        results.append(error)


def talk(path, n_clients, most):
    results, gate = [], threading.Barrier(int(n_clients))
    threads = [threading.Thread(target=talk_one, args=(path, int(most), gate, results)) for _ in range(int(n_clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [result for result in results if result is not True]
    print(f"{len(results) - len(wrong)} equal", *wrong[:3])


def tell(path, *sizes):
    client = connect(path, socket.SOCK_SEQPACKET)
    for size in map(int, sizes):
        sent = os.urandom(size)
        client.send(sent)
        got = client.recv(1 << 24)
        if got != sent:
            sys.exit(f"a packet of {size} bytes came back with {len(got)}")
    print("equal")


def end(path, size):
    client = connect(path)
    client.sendall(bytes(int(size)))
    client.shutdown(socket.SHUT_WR)
    print(read(client, 1 << 20).decode())


def read_later(path):
    client = connect(path)
    print("connected", flush=True)
    sys.stdin.readline()
    print(len(read(client, 1 << 30)))


def hold(path):
    client = connect(path)
    print("connected", flush=True)
    try:
        print(repr(read(client, 1 << 20).decode()), "end")
    except OSError as error:
        print(error.strerror)


def once(path):
    client = connect(path)
    try:
        client.sendall(b"word")
        print(read(client, 4).decode() or "refused")
    except OSError:
        print("refused")


def serve(path, kind, answer):
    server = socket.socket(socket.AF_UNIX, kind)
    server.bind(path)
    server.listen(128)
    print("listening", flush=True)
    while True:
        threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()


def echo_packets(client):
    while True:
        part, control, _, _ = client.recvmsg(1 << 24, socket.CMSG_SPACE(12))
        if not part and not control:
            break
        client.send(part)


def echo_bytes(client):
    try:
        while part := client.recv(1 << 16):
            client.sendall(part)
    except OSError:
        pass
    client.close()


def echo(path, kind=""):
    if kind == "packets":
        def answer(client):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            echo_packets(client)
        serve(path, socket.SOCK_SEQPACKET, answer)
    serve(path, socket.SOCK_STREAM, echo_bytes)


def count(path):
    def answer(client):
        n = 0
        while part := client.recv(1 << 16):
            n += len(part)
        client.sendall(f"{n} bytes".encode())
        client.close()
    serve(path, socket.SOCK_STREAM, answer)


def ready(path, *command):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(LIMIT)
    manager.bind(path)
    with subprocess.Popen(command, env={**os.environ, "NOTIFY_SOCKET": path}, stdout=subprocess.DEVNULL) as service:
        print(manager.recv(100).decode())
        service.terminate()
        print(service.wait(LIMIT))


if __name__ == "__main__":
    {"talk": talk, "tell": tell, "end": end, "read": read_later, "hold": hold, "once": once, "echo": echo,
     "count": count, "ready": ready}[sys.argv[1]](*sys.argv[2:])
