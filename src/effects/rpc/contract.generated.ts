// Written by `npm run contract` from proto/*.proto; do not edit.
export const contract: object = {
  "nested": {
    "plugin": {
      "nested": {
        "ConnInfo": {
          "fields": {
            "service_id": {
              "type": "uint32",
              "id": 1
            },
            "network": {
              "type": "string",
              "id": 2
            },
            "address": {
              "type": "string",
              "id": 3
            },
            "knock": {
              "type": "Knock",
              "id": 4
            }
          },
          "nested": {
            "Knock": {
              "fields": {
                "knock": {
                  "type": "bool",
                  "id": 1
                },
                "ack": {
                  "type": "bool",
                  "id": 2
                },
                "error": {
                  "type": "string",
                  "id": 3
                }
              }
            }
          }
        },
        "GRPCBroker": {
          "methods": {
            "StartStream": {
              "requestType": "ConnInfo",
              "requestStream": true,
              "responseType": "ConnInfo",
              "responseStream": true
            }
          }
        },
        "Empty": {
          "fields": {}
        },
        "GRPCController": {
          "methods": {
            "Shutdown": {
              "requestType": "Empty",
              "responseType": "Empty"
            }
          }
        },
        "StdioData": {
          "fields": {
            "channel": {
              "type": "Channel",
              "id": 1
            },
            "data": {
              "type": "bytes",
              "id": 2
            }
          },
          "nested": {
            "Channel": {
              "values": {
                "INVALID": 0,
                "STDOUT": 1,
                "STDERR": 2
              }
            }
          }
        },
        "GRPCStdio": {
          "methods": {
            "StreamStdio": {
              "requestType": "google.protobuf.Empty",
              "responseType": "StdioData",
              "responseStream": true
            }
          }
        }
      }
    },
    "grpc": {
      "nested": {
        "health": {
          "nested": {
            "v1": {
              "nested": {
                "HealthCheckRequest": {
                  "fields": {
                    "service": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "HealthCheckResponse": {
                  "fields": {
                    "status": {
                      "type": "ServingStatus",
                      "id": 1
                    }
                  },
                  "nested": {
                    "ServingStatus": {
                      "values": {
                        "UNKNOWN": 0,
                        "SERVING": 1,
                        "NOT_SERVING": 2,
                        "SERVICE_UNKNOWN": 3
                      }
                    }
                  }
                },
                "Health": {
                  "methods": {
                    "Check": {
                      "requestType": "HealthCheckRequest",
                      "responseType": "HealthCheckResponse"
                    },
                    "Watch": {
                      "requestType": "HealthCheckRequest",
                      "responseType": "HealthCheckResponse",
                      "responseStream": true
                    }
                  }
                }
              }
            }
          }
        }
      }
    },
    "espalier": {
      "nested": {
        "v1": {
          "nested": {
            "Empty": {
              "fields": {}
            },
            "ImplementedResponse": {
              "fields": {
                "hooks": {
                  "rule": "repeated",
                  "type": "string",
                  "id": 1
                }
              }
            },
            "ConfigurationChange": {
              "fields": {
                "json": {
                  "type": "string",
                  "id": 1
                }
              }
            },
            "PluginHooks": {
              "methods": {
                "Implemented": {
                  "requestType": "Empty",
                  "responseType": "ImplementedResponse"
                },
                "OnActivate": {
                  "requestType": "Empty",
                  "responseType": "Empty"
                },
                "OnDeactivate": {
                  "requestType": "Empty",
                  "responseType": "Empty"
                },
                "OnConfigurationChange": {
                  "requestType": "ConfigurationChange",
                  "responseType": "Empty"
                }
              }
            }
          }
        }
      }
    },
    "google": {
      "nested": {
        "protobuf": {
          "nested": {
            "Empty": {
              "fields": {}
            }
          }
        }
      }
    }
  }
};
