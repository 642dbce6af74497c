#include "daemon/net/certificate_name.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace crawlspool::net {
namespace {

std::string text_of(const ASN1_STRING* string) {
  if (string == nullptr) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return at < 0 ? std::string() : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

std::string alternative_name(const X509& certificate) {
  const auto free = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)), free);
  if (!names) return {};
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == GEN_DNS || type == GEN_URI || type == GEN_EMAIL) return text_of(static_cast<const ASN1_STRING*>(value));
  }
  return {};
}

}  // namespace

std::string certificate_name(const X509& certificate, TlsOptions::Identity identity) {
  switch (identity) {
    case TlsOptions::Identity::kNone:
      return {};
    case TlsOptions::Identity::kCn:
      return common_name(certificate);
    case TlsOptions::Identity::kSan:
      break;
  }
  return alternative_name(certificate);
}

}  // namespace crawlspool::net
