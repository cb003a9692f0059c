# docs/compatibility.md, function by function, is made from the .spec files.
all_specs = $(sort $(wildcard $(srcdir)/dlls/*/*.spec))
docs/compatibility.md: $(all_specs) $(srcdir)/tools/specgen.py
	$(AM_V_GEN)mkdir -p $(@D) && $(PYTHON) $(srcdir)/tools/specgen.py doc $(all_specs) > $@.tmp && mv $@.tmp $@
CLEANFILES += docs/compatibility.md
man1_MANS = docs/winipc.1
doc_DATA = docs/compatibility.md
dist_doc_DATA = README.md docs/architecture.md docs/bridge.md docs/looking-in.md docs/debugging.md docs/porting.md docs/registry.md docs/services.md docs/shared-memory.md docs/spec-format.md docs/testing.md
