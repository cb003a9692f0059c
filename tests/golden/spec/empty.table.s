/* Made from empty.spec; do not edit. */
	.section .rodata
	.balign 8
	.globl winipc_exports_empty
	.type winipc_exports_empty, @object
winipc_exports_empty:
	.long .Ldll - winipc_exports_empty, 1, 0, 0
	.long .Lentries - winipc_exports_empty, .Lnames - winipc_exports_empty
.Lentries:
.Lnames:
.Ldll:
	.string "empty"
	.size winipc_exports_empty, . - winipc_exports_empty
	.text
	.section .note.GNU-stack,"",@progbits
