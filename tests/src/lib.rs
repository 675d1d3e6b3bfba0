//! gatewarp_tests
