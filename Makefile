# SPDX-License-Identifier: GPL-3.0-or-later
# Seam.  `make demo` and `make check` do all the set-up by themselves; `make help` lists the rest.

# --- switches: make SANITIZE=1, SANITIZE=thread, COVERAGE=1, DEV=1 (warnings are errors), BUILD=dir,
#     MPI=1 (build/seam-mpi as well, for mpirun)
BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= gcc
CXX      ?= g++
CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O2 -g
DEV      ?= $(if $(CI),1,)
LAYERS   := base math model sim trace store report decide exec service cli
VERSION  := 0.1.0
RELEASED := 2026-11-23

WARN  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
         -Wwrite-strings -Wvla -Wno-unused-parameter -Wno-missing-field-initializers
WARNX := -Wall -Wextra -Wno-unused-parameter
STD   := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -ffp-contract=off -pthread
STDX  := -std=c++17 -ffp-contract=off -pthread
CPPFLAGS += -Iinclude -DSEAM_VERSION='"$(VERSION)"' -DSEAM_RELEASED='"$(RELEASED)"'
LIBS  := -lgsl -lgslcblas -lfyaml -lsimdjson -lcsv -lexpat -lsqlite3 -lcurl -lz -lm -pthread

ifneq ($(SANITIZE),)
  BUILD  := build-$(if $(filter thread,$(SANITIZE)),tsan,asan)
  SANFLAGS := $(if $(filter thread,$(SANITIZE)),-fsanitize=thread,-fsanitize=address,undefined -fno-sanitize-recover=all) \
            -DSEAM_ONE_VERSION -fno-omit-frame-pointer
  CFLAGS := -O1 -g $(SANFLAGS)
  CXXFLAGS := $(CFLAGS)
  LDFLAGS += $(SANFLAGS)
endif
ifneq ($(COVERAGE),)
  BUILD  := build-cov
  CFLAGS := -O0 -g --coverage -DSEAM_ONE_VERSION
  CXXFLAGS := $(CFLAGS)
  LDFLAGS += --coverage
endif
# tests are many and linked at each change: by a fast linker where there is one, and without line
# tables (make LINE_TABLES=1 keeps them, for a debugger; the sanitizers' tests always have them)
FAST_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold) $(if $(SANITIZE)$(COVERAGE)$(LINE_TABLES),,-Wl,-S)
ifneq ($(DEV),)
  WARN  += -Werror
  WARNX += -Werror
endif

# make V=1 shows the whole commands
SAY = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

# --- what is built from what
C_SRC   := $(filter-out src/cli/main.c src/sim/mpi.c,$(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c src/$(l)/*/*.c)))
CXX_SRC := $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.cc))
LIB_OBJ := $(C_SRC:%.c=$(BUILD)/%.o) $(CXX_SRC:%.cc=$(BUILD)/%.o)
LIB     := $(BUILD)/libseam.a
SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c))
TESTS_FAST := $(foreach d,unit property,$(patsubst %.c,$(BUILD)/%,$(wildcard tests/$(d)/test_*.c)))
TESTS_SLOW := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/stat/test_*.c))
FUZZ    := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH   := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

# the manual page and the completions: printed by the program, from its tables
PAGES := $(BUILD)/seam.1 $(BUILD)/completion/seam $(BUILD)/completion/_seam $(BUILD)/completion/seam.fish

all: $(BUILD)/seam $(PAGES) $(if $(MPI),$(BUILD)/seam-mpi)

$(BUILD)/seam: $(BUILD)/src/cli/main.o $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/seam.1: $(BUILD)/seam
	$(call SAY,PAGE,$@)$(BUILD)/seam help --man >$@.part && mv $@.part $@
$(BUILD)/completion/seam: shell := bash
$(BUILD)/completion/_seam: shell := zsh
$(BUILD)/completion/seam.fish: shell := fish
$(BUILD)/completion/%: $(BUILD)/seam
	@mkdir -p $(@D)
	$(call SAY,PAGE,$@)$(BUILD)/seam completion $(shell) >$@.part && mv $@.part $@

# mpi.o stands before the library, and takes the place of ranks_start.o in it
$(BUILD)/seam-mpi: $(BUILD)/src/cli/main.o $(BUILD)/src/sim/mpi.o $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) -o $@ $^ $(shell mpicc --showme:link) $(LIBS)

$(BUILD)/src/sim/mpi.o: CPPFLAGS += $(shell mpicc --showme:compile)
$(BUILD)/src/sim/mpi.o: | deps-mpi

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(call SAY,AR,$@)$(AR) rcs $@ $^

$(BUILD)/src/%.o: src/%.c | deps-quick
	@mkdir -p $(@D)
	$(call SAY,CC,$<)$(CC) $(CPPFLAGS) $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/src/%.o: src/%.cc | deps-quick
	@mkdir -p $(@D)
	$(call SAY,CXX,$<)$(CXX) $(CPPFLAGS) $(STDX) $(WARNX) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c | deps-quick
	@mkdir -p $(@D)
	$(call SAY,CC,$<)$(CC) $(CPPFLAGS) -I. $(STD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(SUPPORT) $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) $(FAST_LD) -o $@ $^ $(LIBS) -lcmocka
$(BUILD)/tests/property/%: $(BUILD)/tests/property/%.o $(SUPPORT) $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) $(FAST_LD) -o $@ $^ $(LIBS) -lcmocka
$(BUILD)/tests/stat/%: $(BUILD)/tests/stat/%.o $(SUPPORT) $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) $(FAST_LD) -o $@ $^ $(LIBS) -lcmocka
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) $(FAST_LD) -o $@ $^ $(LIBS)
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(LIB)
	$(call SAY,LINK,$@)$(CXX) $(LDFLAGS) -o $@ $^ $(LIBS)

.PRECIOUS: $(BUILD)/tests/%.o
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# --- what people call
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

deps: ## installs what is missing (Debian: apt-get; elsewhere: names it)
	@sh tests/tools/deps.sh install
deps-quick:
	@sh tests/tools/deps.sh quick
deps-mpi:
	@sh tests/tools/deps.sh quick mpi

demo: $(BUILD)/seam ## the main job on a real log: replay, fit, simulate, size, report
	@SEAM=$(BUILD)/seam sh tests/tools/demo.sh

check: ## all fast tests, under 3 minutes on two cores
	@$(MAKE) --no-print-directory -j2 all tests-fast
	@$(MAKE) --no-print-directory check-layers check-exports check-headers
	@BUILD=$(BUILD) sh tests/tools/check.sh fast

check-slow: ## long statistical, kill and browser tests
	@sh tests/tools/deps.sh slow
	@$(MAKE) --no-print-directory -j2 all tests-built
	@BUILD=$(BUILD) sh tests/tools/check.sh slow

tests-built: tests-fast $(TESTS_SLOW) $(BUILD)/tests/stat/streams ;
tests-fast: $(TESTS_FAST) $(FUZZ) ;

unit-%: $(BUILD)/tests/unit/test_% ## one unit test: make unit-units
	$<

sanitize: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory SANITIZE=1 -j2 all tests-fast
	@BUILD=build-asan sh tests/tools/check.sh sanitize

coverage: ## line and branch coverage of the fast tests
	@$(MAKE) --no-print-directory COVERAGE=1 -j2 all tests-fast
	@BUILD=build-cov sh tests/tools/check.sh fast
	@sh tests/tools/coverage.sh build-cov

fuzz: ## each decoder for a minute under libFuzzer (needs clang)
	@sh tests/tools/fuzz.sh

bench: $(BUILD)/seam $(BENCH) ## speed as ratios against peers' loops in the same run
	@BUILD=$(BUILD) CC="$(CC)" sh tests/tools/bench.sh

check-layers: ## a folder includes only itself and folders to its left
	@sh tests/tools/check-layers.sh

check-exports: $(LIB) $(BUILD)/src/cli/main.o ## what no other file uses is static
	@sh tests/tools/check-exports.sh $(BUILD)

check-headers: ## every header compiles alone
	@CC="$(CC)" sh tests/tools/check-headers.sh

format: ## clang-format on everything
	@git ls-files '*.c' '*.h' '*.cc' | xargs -n 1 clang-format -i

sample: $(BUILD)/seam ## makes reports/sample anew
	@SEAM=$(BUILD)/seam sh tests/tools/sample.sh

install: $(BUILD)/seam $(PAGES) ## to $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/seam/scenarios
	install -m 755 $(BUILD)/seam $(DESTDIR)$(PREFIX)/bin/seam
	install -m 644 scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/seam/scenarios
	install -d $(DESTDIR)$(PREFIX)/share/seam/scenarios/canon
	install -m 644 scenarios/canon/*.jsonl $(DESTDIR)$(PREFIX)/share/seam/scenarios/canon
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -d $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 $(BUILD)/seam.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(BUILD)/completion/seam $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 $(BUILD)/completion/_seam $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 $(BUILD)/completion/seam.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

clean: ## removes what was built
	rm -rf build build-asan build-tsan build-cov build-fuzz

.PHONY: all help deps deps-quick deps-mpi demo check check-slow tests-built tests-fast sanitize coverage fuzz bench \
        check-layers check-exports check-headers format sample install clean
