// A host without a system behind it: its clock moves when told to, its streams are strings, its files a tree in memory.
// Header only.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lpaemu/kernel_model/host.h"

namespace lpaemu::kernel::testing {

class FakeHost final : public Host {
 public:
  [[nodiscard]] Nanoseconds realtime() override { return Nanoseconds{now_ns}; }
  [[nodiscard]] Nanoseconds monotonic() override { return Nanoseconds{now_ns - boot_ns}; }
  [[nodiscard]] Nanoseconds cpu_time() override { return Nanoseconds{now_ns - boot_ns}; }
  void fill_random(std::span<std::byte> buffer) override { std::ranges::fill(buffer, std::byte{0x5a}); }

  [[nodiscard]] StreamInfo stream_info(Stream stream) override { return info[index(stream)]; }
  [[nodiscard]] bool stream_ready(Stream stream) override { return ready[index(stream)]; }
  [[nodiscard]] Result<std::size_t> stream_read(std::span<std::byte> buffer) override {
    const std::size_t count = std::min(buffer.size(), input.size());
    std::memcpy(buffer.data(), input.data(), count);
    input.erase(0, count);
    return count;
  }
  [[nodiscard]] Result<std::size_t> stream_write(Stream stream, std::span<const std::byte> data) override {
    output[index(stream)].append(reinterpret_cast<const char*>(data.data()), data.size());
    return data.size();
  }
  [[nodiscard]] Result<std::uint64_t> stream_seek(Stream stream, std::int64_t offset, int whence) override {
    if (!info[index(stream)].seekable) return unexpected(Errno::espipe);
    seeks.emplace_back(offset, whence);
    return static_cast<std::uint64_t>(offset);
  }
  [[nodiscard]] Wake wait(bool, std::optional<Nanoseconds>) override { return Wake::deadline; }

  static std::size_t index(Stream stream) { return static_cast<std::size_t>(stream); }

  static constexpr std::int64_t boot_ns = 1'700'000'000'000'000'000;
  std::int64_t now_ns = boot_ns + 5'000'000'000;
  std::array<StreamInfo, 3> info;
  std::array<bool, 3> ready{true, true, true};
  std::string input;
  std::array<std::string, 3> output;
  std::vector<std::pair<std::int64_t, int>> seeks;
};

/// A node of the host's tree.
struct FakeNode {
  HostStat stat;
  std::string data;  // contents, or the target of a link
  std::map<std::string, std::shared_ptr<FakeNode>> children;
};

class FakeHostFile final : public HostFile {
 public:
  explicit FakeHostFile(std::shared_ptr<FakeNode> node) : node_{std::move(node)} {}
  [[nodiscard]] Result<std::size_t> pread(std::span<std::byte> buffer, std::uint64_t offset) override {
    if (offset >= node_->data.size()) return 0;
    const std::size_t count = std::min(buffer.size(), node_->data.size() - static_cast<std::size_t>(offset));
    std::memcpy(buffer.data(), node_->data.data() + offset, count);
    return count;
  }
  [[nodiscard]] Result<std::size_t> pwrite(std::span<const std::byte> data, std::uint64_t offset) override {
    if (node_->data.size() < offset + data.size()) node_->data.resize(offset + data.size());
    std::memcpy(node_->data.data() + offset, data.data(), data.size());
    return data.size();
  }
  [[nodiscard]] Result<void> truncate(std::uint64_t size) override {
    node_->data.resize(size);
    return {};
  }
  [[nodiscard]] Result<HostStat> stat() const override {
    HostStat stat = node_->stat;
    stat.size = node_->data.size();
    return stat;
  }

 private:
  std::shared_ptr<FakeNode> node_;
};

/// Refuses every name that is not one plain component, and remembers that somebody tried.
class FakeHostDir final : public HostDir {
 public:
  struct Tree {
    std::uint64_t next_ino = 100;
    std::vector<std::string> bad_names;             // names that could have led out of a directory
    std::function<void(std::string_view)> on_open;  // runs between the lookup and the open of a name
  };

  FakeHostDir(std::shared_ptr<Tree> tree, std::shared_ptr<FakeNode> node)
      : tree_{std::move(tree)}, node_{std::move(node)} {}

  [[nodiscard]] Result<HostStat> stat() const override { return node_->stat; }
  [[nodiscard]] Result<HostStat> stat(std::string_view name) const override {
    LPAEMU_TRY(child, find(name));
    return FakeHostFile{child}.stat();
  }
  [[nodiscard]] Result<std::unique_ptr<HostFile>> open_file(std::string_view name, HostOpen how,
                                                            std::uint32_t mode) override {
    if (tree_->on_open) tree_->on_open(name);
    if (how == HostOpen::create_exclusive) {
      LPAEMU_TRY(fresh, add(name, FileType::regular, mode));
      return std::make_unique<FakeHostFile>(fresh);
    }
    LPAEMU_TRY(child, find(name));
    if (child->stat.type == FileType::symlink) return unexpected(Errno::eloop);
    if (child->stat.type != FileType::regular) return unexpected(Errno::eacces);
    return std::make_unique<FakeHostFile>(child);
  }
  [[nodiscard]] Result<std::unique_ptr<HostDir>> open_dir(std::string_view name) override {
    if (tree_->on_open) tree_->on_open(name);
    LPAEMU_TRY(child, find(name));
    if (child->stat.type == FileType::symlink) return unexpected(Errno::eloop);
    if (child->stat.type != FileType::directory) return unexpected(Errno::enotdir);
    return std::make_unique<FakeHostDir>(tree_, child);
  }
  [[nodiscard]] Result<std::string> readlink(std::string_view name) const override {
    LPAEMU_TRY(child, find(name));
    if (child->stat.type != FileType::symlink) return unexpected(Errno::einval);
    return child->data;
  }
  [[nodiscard]] Result<std::vector<HostDirEntry>> read_entries() const override {
    std::vector<HostDirEntry> entries;
    for (const auto& [name, child] : node_->children) {
      entries.push_back(HostDirEntry{name, child->stat.type, child->stat.ino});
    }
    return entries;
  }
  [[nodiscard]] Result<void> mkdir(std::string_view name, std::uint32_t mode) override {
    LPAEMU_TRY_VOID(add(name, FileType::directory, mode));
    return {};
  }
  [[nodiscard]] Result<void> unlink(std::string_view name) override {
    LPAEMU_TRY(child, find(name));
    if (child->stat.type == FileType::directory) return unexpected(Errno::eisdir);
    child->stat.nlink = 0;
    node_->children.erase(std::string{name});
    return {};
  }
  [[nodiscard]] Result<void> rmdir(std::string_view name) override {
    LPAEMU_TRY(child, find(name));
    if (child->stat.type != FileType::directory) return unexpected(Errno::enotdir);
    if (!child->children.empty()) return unexpected(Errno::enotempty);
    node_->children.erase(std::string{name});
    return {};
  }
  [[nodiscard]] Result<void> symlink(std::string_view name, std::string_view target) override {
    LPAEMU_TRY(fresh, add(name, FileType::symlink, 0777));
    fresh->data = target;
    return {};
  }
  [[nodiscard]] Result<void> rename(std::string_view name, HostDir& to, std::string_view new_name) override {
    LPAEMU_TRY(child, find(name));
    dynamic_cast<FakeHostDir&>(to).node_->children[std::string{new_name}] = child;
    node_->children.erase(std::string{name});
    return {};
  }
  [[nodiscard]] Result<void> chmod(std::string_view name, std::uint32_t mode) override {
    if (name == ".") {
      node_->stat.mode = mode;
      return {};
    }
    LPAEMU_TRY(child, find(name));
    child->stat.mode = mode;
    return {};
  }

  /// For the test itself: what happens on the host while the guest runs.
  Result<std::shared_ptr<FakeNode>> add(std::string_view name, FileType type, std::uint32_t mode,
                                        std::string data = {}) {
    LPAEMU_TRY_VOID(check(name));
    auto fresh = std::make_shared<FakeNode>();
    fresh->stat.type = type;
    fresh->stat.mode = mode;
    fresh->stat.dev = 1;
    fresh->stat.ino = tree_->next_ino++;
    fresh->data = std::move(data);
    if (!node_->children.emplace(std::string{name}, fresh).second) return unexpected(Errno::eexist);
    return fresh;
  }

 private:
  [[nodiscard]] Result<void> check(std::string_view name) const {
    if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos) return {};
    tree_->bad_names.emplace_back(name);
    return unexpected(Errno::einval);
  }
  [[nodiscard]] Result<std::shared_ptr<FakeNode>> find(std::string_view name) const {
    LPAEMU_TRY_VOID(check(name));
    const auto found = node_->children.find(std::string{name});
    if (found == node_->children.end()) return unexpected(Errno::enoent);
    return found->second;
  }

  std::shared_ptr<Tree> tree_;
  std::shared_ptr<FakeNode> node_;
};

}  // namespace lpaemu::kernel::testing
