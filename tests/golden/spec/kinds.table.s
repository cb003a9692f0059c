/* Made from kinds.spec; do not edit. */
	.section .rodata
	.balign 8
	.globl winipc_exports_kinds
	.type winipc_exports_kinds, @object
winipc_exports_kinds:
	.long .Ldll - winipc_exports_kinds, 1, 7, 7
	.long .Lentries - winipc_exports_kinds, .Lnames - winipc_exports_kinds
.Lentries:
	.long .Ln1 - winipc_exports_kinds, CreateThing - winipc_exports_kinds, 1, .La0 - winipc_exports_kinds
	.long .Ln2 - winipc_exports_kinds, demo_malloc - winipc_exports_kinds, 1, .La1 - winipc_exports_kinds
	.long .Ln3 - winipc_exports_kinds, demo_sprintf - winipc_exports_kinds, 1, .La2 - winipc_exports_kinds
	.long .Ln4 - winipc_exports_kinds, 0, 3, 0
	.long .Ln5 - winipc_exports_kinds, demo_counter - winipc_exports_kinds, 1, 0
	.long .Ln6 - winipc_exports_kinds, .Lf6 - winipc_exports_kinds, 2, .La3 - winipc_exports_kinds
	.long .Ln7 - winipc_exports_kinds, Mixed - winipc_exports_kinds, 1, .La4 - winipc_exports_kinds
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
.La0:
	.string "plq"
.La1:
	.string "l"
.La2:
	.string "ps."
.La3:
	.string "lll"
.La4:
	.string "swdf"
	.size winipc_exports_kinds, . - winipc_exports_kinds
	.text
	.section .note.GNU-stack,"",@progbits
