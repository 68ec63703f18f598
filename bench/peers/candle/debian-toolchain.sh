#!/bin/sh
# A Rust toolchain for WebAssembly on Debian 12 (x86-64), for those whose Rust came without one:
#
#   sh debian-toolchain.sh FOLDER     (as root; takes a minute, 190 MB to fetch, 1 GB in FOLDER)
#   . FOLDER/env                      (then: npm run build:candle)
#
# Debian 12's own rustc is too old for candle, and so is what is packaged for Debian 13. This takes
# the compiler, the WebAssembly standard library, wasm-pack and wasm-bindgen out of sid, and unpacks
# them in FOLDER; nothing is installed into the system. A recent cargo must be there already, as
# rustup brings it. With rustup's servers at hand `rustup target add wasm32-unknown-unknown` and
# `cargo install wasm-pack wasm-bindgen-cli` do the same.
set -eu

test $# = 1 || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 1; }
test "$(dpkg --print-architecture)" = amd64 || { echo "This works on x86-64 only." >&2; exit 1; }
test ! -e "$1" || { echo "$1 is there already; this wants a new folder." >&2; exit 1; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$folder"
mkdir -p lists/partial packages root libc bin

# sid's packages from the mirror that the system uses, with lists of their own: apt must not think
# that the system could be upgraded to sid.
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror sid main" > sources.list
sid="-o Dir::State::lists=$folder/lists -o Dir::Etc::sourcelist=$folder/sources.list
  -o Dir::Etc::sourceparts=- -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=root"
apt-get $sid -qq update
std=$(apt-cache $sid depends libstd-rust-dev | sed -n 's/.*Depends: \(libstd-rust-[0-9.]*\)$/\1/p')

cd packages
apt-get $sid -q download rustc "$std" libstd-rust-dev libstd-rust-dev-wasm32 \
  wasm-pack wasm-bindgen libc6 libgcc-s1 libstdc++6
# LLVM is Debian 12's own (from its security updates), and so are the libraries it needs.
apt-get -qq update
apt-get -q -o APT::Sandbox::User=root download libllvm22 lld-22
for package in *.deb; do
  case $package in
    libc6_* | libgcc-s1_* | libstdc++6_*) dpkg -x "$package" ../libc ;;
    *) dpkg -x "$package" ../root ;;
  esac
done
cd ..

# sid's programs want sid's libc. Given on the loader's command line, no program they start inherits
# it: the system's cc goes on linking build scripts and procedural macros.
libc=$folder/libc/usr/lib/x86_64-linux-gnu
libraries=$libc:$folder/root/usr/lib/x86_64-linux-gnu
wrap() {
  cat > "bin/$2" << END
#!/bin/sh
exec "$libc/ld-linux-x86-64.so.2" --argv0 "\$0" --library-path "$libraries" "$folder/root/usr/bin/$1" "\$@"
END
  chmod +x "bin/$2"
}
wrap rustc rustc
wrap wasm-pack wasm-pack
wrap wasm-ld-22 wasm-ld
ln -sf "$folder/root/usr/bin/wasm-bindgen" bin/wasm-bindgen

cat > env << END
export PATH="$folder/bin:\$PATH"
export RUSTC="$folder/bin/rustc"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$folder/bin/wasm-ld"
END
rm -rf lists sources.list

bin/rustc --version
bin/wasm-bindgen --version
echo "Now: . $folder/env && npm run build:candle"
