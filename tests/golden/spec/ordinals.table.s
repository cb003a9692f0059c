/* Made from ordinals.spec; do not edit. */
	.section .rodata
	.balign 8
	.globl winipc_exports_ordinals
	.type winipc_exports_ordinals, @object
winipc_exports_ordinals:
	.long .Ldll - winipc_exports_ordinals, 10, 6, 4
	.long .Lentries - winipc_exports_ordinals, .Lnames - winipc_exports_ordinals
.Lentries:
	.long .Ln10 - winipc_exports_ordinals, alpha - winipc_exports_ordinals, 1, .La0 - winipc_exports_ordinals
	.long .Ln11 - winipc_exports_ordinals, middle - winipc_exports_ordinals, 1, .La1 - winipc_exports_ordinals
	.long .Ln12 - winipc_exports_ordinals, zeta - winipc_exports_ordinals, 1, .La1 - winipc_exports_ordinals
	.long .Ln13 - winipc_exports_ordinals, _private - winipc_exports_ordinals, 1, .La1 - winipc_exports_ordinals
	.long 0, 0, 0, 0
	.long .Ln15 - winipc_exports_ordinals, ByNumber - winipc_exports_ordinals, 1, .La2 - winipc_exports_ordinals
.Lnames:
	.long 3
	.long 0
	.long 1
	.long 2
.Ldll:
	.string "ordinals"
.Ln10:
	.string "alpha"
.Ln11:
	.string "middle"
.Ln12:
	.string "zeta"
.Ln13:
	.string "_private"
.Ln15:
	.string ""
.La0:
	.string "l"
.La1:
	.string ""
.La2:
	.string "p"
	.size winipc_exports_ordinals, . - winipc_exports_ordinals
	.text
	.section .note.GNU-stack,"",@progbits
