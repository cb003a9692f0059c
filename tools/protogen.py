#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the code of the wire protocol from the list of requests (libs/protocol/requests.list tells its syntax).

    protogen.py header FILE     structures, prototypes, static asserts
    protogen.py source FILE     encoders, decoders, tables of fields
    protogen.py client FILE     the client's typed calls
    protogen.py server FILE     the server's dispatcher
    protogen.py dict FILE       the fuzzer's dictionary

A bad line ends the run with "FILE:LINE: what is wrong" and exit status 1.
"""
import re
import sys

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i32": 4}
C_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t", "i32": "int32_t"}
VARIABLE = {"utf16": 2, "bytes": 1}
FDS = {"": "MESSAGE_NO_FD", "fd": "MESSAGE_ONE_FD", "fd?": "MESSAGE_MAYBE_FD"}
MAX_NUMBER = 0x7fff
MAX_MESSAGE = 136 * 1024
HEADER = 24


class ListError(Exception):
    pass


class Field:
    def __init__(self, kind, name, offset, size, comment, maximum=0):
        self.kind = kind
        self.name = name
        self.offset = offset
        self.size = size
        self.comment = comment
        self.maximum = maximum

    @property
    def variable(self):
        return self.kind in VARIABLE

    @property
    def count(self):
        """The name of the member that holds a variable field's length."""
        return f"n_{self.name}" if self.kind == "utf16" else f"{self.name}_len"


class Message:
    """A request or a reply: fields in order; fixed is the size of the part without variable-length data."""

    def __init__(self, kind, name, number, fd, line, comments):
        self.kind = kind
        self.name = name
        self.number = number
        self.fd = fd
        self.line = line
        self.comments = comments
        self.fields = []
        self.fixed = 0
        self.pads = 0
        self.reply = None

    @property
    def tag(self):
        return f"{'reply' if self.kind == 'reply' else 'request'}_{self.name.lower()}"

    @property
    def variables(self):
        return [f for f in self.fields if f.variable]

    def add(self, kind, name, comment, maximum=0):
        if kind == "pad":
            self.fields.append(Field("pad", f"pad{self.pads}", self.fixed, maximum, None))
            self.pads += 1
            self.fixed += maximum
            return
        if any(f.name == name or (f.variable and f.count == name) for f in self.fields) or name == "fd":
            raise ListError(f"field '{name}' is there already")
        if not comment:
            raise ListError(f"field '{name}' has no comment")
        if self.variables and kind not in VARIABLE:
            raise ListError(f"field '{name}' comes after one of variable length")
        size = 4 if kind in VARIABLE else SIZES[kind]
        if self.fixed % size:
            raise ListError(f"field '{name}' lies at {self.fixed}: it needs pad {size - self.fixed % size} before it")
        self.fields.append(Field(kind, name, self.fixed, size, comment, maximum))
        self.fixed += size

    def finish(self):
        """What only the whole message shows; errors name its first line."""
        if self.fixed % 8:
            raise ListError(f"{self.kind} {self.name} is {self.fixed} bytes long: it needs pad {8 - self.fixed % 8} at its end")
        if self.kind == "oneway" and self.variables:
            raise ListError(f"oneway {self.name} has a field of variable length")
        if HEADER + self.fixed + sum(f.maximum * VARIABLE[f.kind] + 7 for f in self.variables) > MAX_MESSAGE:
            raise ListError(f"{self.kind} {self.name} may be longer than {MAX_MESSAGE} bytes")


HEAD = re.compile(r"^(request|oneway)\s+(\S+)\s+(\S+)(?:\s+(\S+))?$")
NAME = re.compile(r"^[A-Z][A-Z0-9_]*$")
FIELD = re.compile(r"^(\w+)\s+([a-z][a-z0-9_]*)(?:\[(\d+)\])?$")


class Reader:
    def __init__(self):
        self.version = None
        self.requests = []
        self.numbers = {}
        self.names = {}
        self.current = None
        self.comments = []

    def claim(self, name, text, line):
        if not NAME.match(name):
            raise ListError(f"'{name}' is no name of a request (upper case, digits, _)")
        if not text.isdigit() or not 1 <= int(text) <= MAX_NUMBER:
            raise ListError(f"number '{text}' is not in 1..{MAX_NUMBER}")
        number = int(text)
        if number in self.numbers:
            raise ListError(f"number {number} is taken already, at line {self.numbers[number]}")
        if name in self.names:
            raise ListError(f"'{name}' is there already, at line {self.names[name]}")
        self.numbers[number] = self.names[name] = line
        return number

    def close(self):
        """Ends the message that is being read."""
        message, self.current = self.current, None
        if not message:
            return None
        try:
            message.finish()
        except ListError as error:
            raise ListError(str(error), message.line) from None
        return message

    def close_request(self, line):
        message = self.close()
        if message and message.kind == "request":
            raise ListError(f"request {message.name} has no reply", message.line)

    def head(self, text, line):
        match = HEAD.match(text)
        if not match:
            raise ListError("not of the form: request NAME NUMBER [fd | fd?]")
        kind, name, number, fd = match.groups()
        self.close_request(line)
        if (fd or "") not in FDS:
            raise ListError(f"unknown flag '{fd}' (fd or fd?)")
        self.current = Message(kind, name, self.claim(name, number, line), fd or "", line, self.comments)
        self.requests.append(self.current)

    def reply(self, text, line):
        words = text.split()
        if not self.current or self.current.kind != "request":
            raise ListError("a reply without its request")
        if words[1:] not in ([], ["fd?"]):
            raise ListError("not of the form: reply [fd?]")
        request = self.close()
        self.current = Message("reply", request.name, request.number, "".join(words[1:]), line, [])
        request.reply = self.current

    def field(self, text, comment):
        if not self.current:
            raise ListError(f"'{text.split()[0]}' outside a request")
        words = text.split()
        if words[0] == "pad":
            if len(words) != 2 or not words[1].isdigit() or not 1 <= int(words[1]) <= 7:
                raise ListError("not of the form: pad N, with N in 1..7")
            self.current.add("pad", None, None, int(words[1]))
            return
        match = FIELD.match(text)
        if not match:
            raise ListError("not of the form: TYPE NAME")
        kind, name, maximum = match.groups()
        if kind not in SIZES and kind not in VARIABLE:
            raise ListError(f"unknown type '{kind}' (one of {', '.join([*SIZES, *VARIABLE])})")
        if (kind in VARIABLE) != (maximum is not None):
            raise ListError(f"'{name}' {'needs a maximum: NAME[N]' if kind in VARIABLE else 'cannot have a maximum'}")
        self.current.add(kind, name, comment, int(maximum or 0))

    def line(self, text, number):
        code, _, comment = text.partition("#")
        code, comment = code.strip(), comment.strip()
        if not code:
            self.comments = self.comments + [comment] if text.startswith("#") and comment else []
            return
        word = code.split()[0]
        if word in ("request", "oneway"):
            self.head(code, number)
        elif word == "reply":
            self.reply(code, number)
        elif word == "retired":
            words = code.split()
            if len(words) != 3:
                raise ListError("not of the form: retired NUMBER NAME")
            self.close_request(number)
            self.claim(words[2], words[1], number)
        elif word == "version":
            if self.version is not None:
                raise ListError("a second version")
            if not re.fullmatch(r"version\s+[1-9]\d*", code):
                raise ListError("not of the form: version N")
            self.version = int(code.split()[1])
        else:
            self.field(code, comment)
        self.comments = []


def parse(path):
    reader = Reader()
    number = 0
    try:
        with open(path, encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                reader.line(text.rstrip("\n"), number)
        reader.close_request(number)
        if reader.version is None:
            raise ListError("no version")
    except ListError as error:
        where = error.args[1] if len(error.args) > 1 else number
        raise ListError(f"{path}:{where}: {error.args[0]}") from None
    return reader


# ---- output ----

MADE = "/* Made from requests.list by tools/protogen.py; do not edit. */"


def messages(reader):
    for request in reader.requests:
        yield request
        if request.reply:
            yield request.reply


def emit_wire(message):
    """The structure on the wire, behind the header, with its asserts."""
    tag = f"wire_{message.tag}"
    out = [f"struct {tag} {{"]
    for f in message.fields:
        if f.kind == "pad":
            out.append(f"    uint8_t {f.name}[{f.size}];")
        elif f.variable:
            out.append(f"    uint32_t {f.count}; /* {'units' if f.kind == 'utf16' else 'bytes'} of {f.name}, behind this structure */")
        else:
            out.append(f"    {C_TYPES[f.kind]} {f.name};")
    if not message.fields:
        return []
    out.append("};")
    out.append(f'_Static_assert(sizeof(struct {tag}) == {message.fixed}, "{message.name}");')
    for f in message.fields:
        name = f.count if f.variable else f.name
        out.append(f'_Static_assert(offsetof(struct {tag}, {name}) == {f.offset}, "{message.name}");')
    return out


def emit_struct(message):
    out = ["/* " + " ".join(message.comments) + " */"] if message.comments else []
    out.append(f"struct {message.tag} {{")
    for f in message.fields:
        if f.kind == "pad":
            continue
        if f.variable:
            c_type = "uint16_t" if f.kind == "utf16" else "uint8_t"
            out.append(f"    const {c_type} *{f.name}; /* {f.comment} */")
            out.append(f"    uint32_t {f.count}; /* at most {f.maximum} */")
        else:
            out.append(f"    {C_TYPES[f.kind]} {f.name}; /* {f.comment} */")
    if message.fd or not any(f.kind != "pad" for f in message.fields):
        out.append("    int fd; /* -1: none */")
    out.append("};")
    return out


def prototypes(request):
    out = []
    for message in filter(None, (request, request.reply)):
        out.append(f"int {message.tag}_encode(void *buffer, size_t size, const struct {message.tag} *message);")
        out.append(f"int {message.tag}_decode(const void *buffer, size_t size, struct {message.tag} *message);")
    return out


def call_prototype(request):
    name = request.name.lower()
    if not request.reply:
        return f"void server_{name}(const struct request_{name} *request)"
    room = ", struct reply_room *room" if request.reply.variables else ""
    return f"int32_t server_{name}(const struct request_{name} *request, struct reply_{name} *reply{room})"


def handler_prototype(request):
    name = request.name.lower()
    if not request.reply:
        return f"void handle_{name}(struct client *client, struct request_{name} *request)"
    return f"int32_t handle_{name}(struct client *client, struct request_{name} *request, struct reply_{name} *reply)"


def emit_header(reader):
    out = [MADE, "#ifndef WINIPC_REQUESTS_H", "#define WINIPC_REQUESTS_H", "", '#include "libs/protocol/protocol.h"', ""]
    out += [f"#define PROTOCOL_VERSION {reader.version}u", f"#define PROTOCOL_REQUESTS {len(reader.requests)}", "", "enum request_number {"]
    out += [f"    REQUEST_{r.name} = {r.number}," for r in reader.requests] + ["};", ""]
    for message in messages(reader):
        out += emit_wire(message) + emit_struct(message) + [""]
    for request in reader.requests:
        out += prototypes(request)
    out += ["", "/* The client's calls (client.h): an NTSTATUS. */"]
    out += [call_prototype(r) + ";" for r in reader.requests]
    out += ["", "/* The server's handlers: an NTSTATUS, or HANDLER_AGAIN.  One that keeps request->fd sets it to -1. */", "struct client;"]
    out += [handler_prototype(r) + ";" for r in reader.requests]
    return out + ["", "#endif"]


def emit_encode(message):
    tag = message.tag
    flag = "MESSAGE_REPLY" if message.kind == "reply" else "MESSAGE_REQUEST"
    out = [f"int {tag}_encode(void *buffer, size_t size, const struct {tag} *message) {{"]
    out.append("    struct message_writer writer;")
    if message.fields:
        out.append(f"    struct wire_{tag} wire = {{0}};")
    out.append("")
    if not any(f.kind != "pad" for f in message.fields):
        out.append("    (void)message;")
    for f in message.fields:
        if f.variable:
            out.append(f"    if (message->{f.count} > {f.maximum}u)")
            out.append("        return -EMSGSIZE;")
    for f in message.fields:
        if f.kind != "pad":
            name = f.count if f.variable else f.name
            out.append(f"    wire.{name} = message->{name};")
    out.append(f"    message_begin(&writer, buffer, size, {message.number}, {flag});")
    if message.fields:
        out.append("    message_put(&writer, &wire, sizeof wire);")
    for f in message.variables:
        out.append(f"    message_put(&writer, message->{f.name}, (size_t)message->{f.count} * {VARIABLE[f.kind]});")
    return out + ["    return message_end(&writer);", "}", ""]


def emit_decode(message):
    tag = message.tag
    out = [f"int {tag}_decode(const void *buffer, size_t size, struct {tag} *message) {{"]
    out.append("    struct message_reader reader;")
    if message.fields:
        out.append(f"    struct wire_{tag} wire;")
    out.append("")
    out.append("    memset(message, 0, sizeof *message);")
    if message.fd or not any(f.kind != "pad" for f in message.fields):
        out.append("    message->fd = -1;")
    out.append("    message_open(&reader, buffer, size);")
    if message.fields:
        out.append("    if (!message_get(&reader, &wire, sizeof wire))")
        out.append("        return -EPROTO;")
    for f in message.fields:
        if f.kind == "pad":
            continue
        if not f.variable:
            out.append(f"    message->{f.name} = wire.{f.name};")
            continue
        out.append(f"    if (wire.{f.count} > {f.maximum}u)")
        out.append("        return -EPROTO;")
        out.append(f"    message->{f.count} = wire.{f.count};")
        out.append(f"    message->{f.name} = message_part(&reader, (size_t)wire.{f.count} * {VARIABLE[f.kind]});")
        out.append(f"    if (!message->{f.name})")
        out.append("        return -EPROTO;")
    return out + ["    return message_close(&reader);", "}", ""]


def emit_fields(message):
    out = [f"static const struct message_field {message.tag}_fields[] = {{"]
    for f in message.fields:
        kind = "FIELD_" + f.kind.upper()
        out.append(f'    {{"{"" if f.kind == "pad" else f.name}", {kind}, {f.size}, {f.offset}, {f.maximum if f.variable else 0}}},')
    return out + ['    {NULL, FIELD_PAD, 0, 0, 0},', "};"]


def emit_source(reader):
    out = [MADE, '#include "requests.h"', "", "#include <errno.h>", "#include <string.h>", ""]
    for message in messages(reader):
        out += emit_encode(message) + emit_decode(message)
    for message in messages(reader):
        out += emit_fields(message)
    out += ["", "const struct message_shape message_shapes[] = {"]
    for r in reader.requests:
        out.append(f'    {{"{r.name}", {r.number}, {FDS[r.fd]}, {str(r.reply is not None).lower()}, {r.fixed}, {r.tag}_fields, '
                   f'{FDS[r.reply.fd] if r.reply else "MESSAGE_NO_FD"}, {r.reply.fixed if r.reply else 0}, '
                   f'{r.reply.tag + "_fields" if r.reply else "NULL"}}},')
    return out + ["};", "const unsigned n_message_shapes = sizeof message_shapes / sizeof message_shapes[0];"]


def emit_client(reader):
    out = [MADE, '#include "requests.h"', '#include "libs/protocol/exchange.h"', ""]
    for request in reader.requests:
        name = request.name.lower()
        fd = "request->fd" if request.fd else "-1"
        out += [call_prototype(request) + " {"]
        if not request.reply:
            size = HEADER + request.fixed
            out += [f"    _Alignas(8) uint8_t message[{size}];", "",
                    f"    if (request_{name}_encode(message, sizeof message, request) > 0)",
                    f"        server_send(message, sizeof message, {fd});", "}", ""]
            continue
        reply = request.reply
        size = HEADER + reply.fixed
        buffer = "room->bytes" if reply.variables else "answer"
        if not reply.variables:
            out.append(f"    _Alignas(8) uint8_t answer[{size}];")
        out += ["    struct exchange exchange;", "    int32_t status;", "",
                "    exchange_begin(&exchange);",
                f"    exchange.size = request_{name}_encode(exchange.buffer, MESSAGE_MAX, request);",
                f"    status = exchange_run(&exchange, {fd}, {buffer}, sizeof {buffer});",
                "    exchange_end(&exchange);",
                f"    if (exchange.reply_size <= 0 || reply_{name}_decode({buffer}, (size_t)exchange.reply_size, reply))",
                f"        return exchange_bad(&exchange, status);"]
        if reply.fd:
            out.append("    reply->fd = exchange.fd;")
        else:
            out.append("    exchange_close_fd(&exchange);")
        out += ["    return status;", "}", ""]
    return out


def emit_server(reader):
    out = [MADE, '#include "requests.h"', '#include "libs/protocol/dispatch.h"', "", "#include <errno.h>", "#include <string.h>", ""]
    for request in reader.requests:
        name = request.name.lower()
        out += [f"static int dispatch_{name}(struct client *client, struct dispatch *dispatch) {{", f"    struct request_{name} request;"]
        if request.reply:
            out += [f"    struct reply_{name} reply;", "    int32_t status;"]
        out += ["", f"    if (request_{name}_decode(dispatch->request, dispatch->size, &request))", "        return -EPROTO;"]
        if request.fd:
            out += ["    request.fd = dispatch->fd;"]
        if request.reply:
            out += ["    memset(&reply, 0, sizeof reply);"]
            if request.reply.fd:
                out += ["    reply.fd = -1;"]
            out += [f"    status = handle_{name}(client, &request, &reply);"]
        else:
            out += [f"    handle_{name}(client, &request);"]
        if request.fd:
            out += ["    dispatch->fd = request.fd;"]
        if request.reply:
            out += ["    if (status == HANDLER_AGAIN)", "        return -EAGAIN;"]
            out += [f"    dispatch->reply_size = reply_{name}_encode(dispatch->reply, MESSAGE_MAX, &reply);"]
            if request.reply.fd:
                out += ["    dispatch->reply_fd = reply.fd;"]
            out += ["    return dispatch_answer(dispatch, status);"]
        else:
            out += ["    return 0;"]
        out += ["}", ""]
    out += ["int dispatch_request(struct client *client, unsigned number, struct dispatch *dispatch) {", "    switch (number) {"]
    for request in reader.requests:
        out += [f"    case REQUEST_{request.name}: return dispatch_{request.name.lower()}(client, dispatch);"]
    return out + ["    default: return -EPROTO;", "    }", "}"]


def emit_dict(reader):
    """One entry a request: its number and header as they stand on the wire; libFuzzer's syntax."""
    def quote(data):
        return '"' + "".join(f"\\x{b:02x}" for b in data) + '"'
    out = ["# Made from requests.list by tools/protogen.py; do not edit.", f"magic={quote(b'WIPC')}"]
    for r in reader.requests:
        head = b"WIPC" + (HEADER + r.fixed).to_bytes(4, "little") + r.number.to_bytes(2, "little")
        out.append(f"{r.name.lower()}={quote(head)}")
    return out


EMIT = {"header": emit_header, "source": emit_source, "client": emit_client, "server": emit_server, "dict": emit_dict}


def main(argv):
    if len(argv) != 3 or argv[1] not in EMIT:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    try:
        lines = EMIT[argv[1]](parse(argv[2]))
    except (ListError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
