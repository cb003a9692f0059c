/* Made from kinds.spec; do not edit. */
	.section .rodata
	.balign 8
	.globl winipc_exports_kinds
	.type winipc_exports_kinds, @object
winipc_exports_kinds:
	.long .Ldll - winipc_exports_kinds, 1, 7, 7
	.long .Lentries - winipc_exports_kinds, .Lnames - winipc_exports_kinds
.Lentries:
	.long .Ln1 - winipc_exports_kinds, CreateThing - winipc_exports_kinds, 1
	.long .Ln2 - winipc_exports_kinds, demo_malloc - winipc_exports_kinds, 1
	.long .Ln3 - winipc_exports_kinds, demo_sprintf - winipc_exports_kinds, 1
	.long .Ln4 - winipc_exports_kinds, 0, 3
	.long .Ln5 - winipc_exports_kinds, demo_counter - winipc_exports_kinds, 1
	.long .Ln6 - winipc_exports_kinds, .Lf6 - winipc_exports_kinds, 2
	.long .Ln7 - winipc_exports_kinds, Mixed - winipc_exports_kinds, 1
.Lnames:
	.long 0
	.long 5
	.long 6
	.long 3
	.long 4
	.long 1
	.long 2
.Ldll:
	.string "kinds"
.Ln1:
	.string "CreateThing"
.Ln2:
	.string "malloc"
.Ln3:
	.string "sprintf"
.Ln4:
	.string "NotYet"
.Ln5:
	.string "counter"
.Ln6:
	.string "HeapAlloc"
.Lf6:
	.string "ntdll.RtlAllocateHeap"
.Ln7:
	.string "Mixed"
	.size winipc_exports_kinds, . - winipc_exports_kinds
	.text
	.section .note.GNU-stack,"",@progbits
