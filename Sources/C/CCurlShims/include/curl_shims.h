#pragma once

// libcurl sets options through variadic functions, which Swift cannot call.
// One inline function per argument type that we use.

#include <curl/curl.h>

static inline CURLcode curl_shim_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_shim_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_shim_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_shim_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_shim_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*curl_shim_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode curl_shim_set_data_callback(CURL *handle, CURLoption option, curl_shim_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

typedef int (*curl_shim_prereq_callback)(void *context, char *remote, char *local, int remote_port, int local_port);

static inline CURLcode curl_shim_set_prereq_callback(CURL *handle, curl_shim_prereq_callback callback) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLMcode curl_shim_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The result of a message whose kind is CURLMSG_DONE; Swift does not import the union's members reliably.
static inline CURLcode curl_shim_message_result(const CURLMsg *message) {
    return message->data.result;
}

/// The socket of a handle that was used with CURLOPT_CONNECT_ONLY.
static inline CURLcode curl_shim_active_socket(CURL *handle, curl_socket_t *socket) {
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, socket);
}

// Swift does not import these macros because their values are expressions.
static const size_t curl_shim_write_pause = CURL_WRITEFUNC_PAUSE;
static const size_t curl_shim_read_pause = CURL_READFUNC_PAUSE;
static const size_t curl_shim_read_abort = CURL_READFUNC_ABORT;
static const long curl_shim_global_default = CURL_GLOBAL_DEFAULT;
